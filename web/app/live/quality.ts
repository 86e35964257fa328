// How fine the picture is that is sent.

export type Quality = '1080' | '720' | '480' | '360';

interface Picture {
  readonly width: number;
  readonly height: number;
  readonly bitrate: number; // bits a second, at most
}

export const pictures: Readonly<Record<Quality, Picture>> = {
  '1080': { width: 1920, height: 1080, bitrate: 4_500_000 },
  '720': { width: 1280, height: 720, bitrate: 2_500_000 },
  '480': { width: 854, height: 480, bitrate: 1_200_000 },
  '360': { width: 640, height: 360, bitrate: 700_000 },
};

export const qualities: readonly { readonly value: Quality; readonly label: string }[] = [
  { value: '1080', label: '1080p, needs 5 Mbit/s upload' },
  { value: '720', label: '720p, needs 3 Mbit/s upload' },
  { value: '480', label: '480p, needs 1.5 Mbit/s upload' },
  { value: '360', label: '360p, needs 1 Mbit/s upload' },
];

export const FRAMES_A_SECOND = 30;

export function pictureWishes(quality: Quality): RTCRtpEncodingParameters {
  return { maxBitrate: pictures[quality].bitrate, maxFramerate: FRAMES_A_SECOND };
}

/** Browsers feel their way up from 300 kbit/s, which looks poor for half a minute: they begin with half of what is aimed at. */
export function withStartBitrate(answer: string, quality: Quality): string {
  const kbit = Math.round(pictures[quality].bitrate / 2000);
  const payloads = [...answer.matchAll(/^a=rtpmap:(\d+) H264\//gim)].map(([, payload]) => payload);
  return answer.split('\r\n').map((line) => {
    const payload = /^a=fmtp:(\d+) /.exec(line)?.[1];
    return payload !== undefined && payloads.includes(payload) ? `${line};x-google-start-bitrate=${kbit}` : line;
  }).join('\r\n');
}
