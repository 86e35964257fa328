// A real publisher: ffmpeg with a moving test picture and a tone, over RTMP or SRT.
import { captioned } from './captions';
import { Program } from './program';
import type { Card, Server } from './server';
import { until } from './until';

export interface Picture {
  /** B-frames, as OBS sends them: frames are then shown in another order than they come in. */
  readonly bframes?: number;
  /** H.265 instead of H.264. Over SRT, as older ffmpegs know no other way. */
  readonly h265?: boolean;
  /** The protocol; RTMP if it is not said. */
  readonly over?: 'srt';
  /** Seconds from one key frame to the next. */
  readonly keys?: number;
  /** As ffmpeg writes it; 256x144 if it is not said. */
  readonly size?: string;
  /** Words that stand in it as captions. */
  readonly captions?: string;
  /** Each is a sound of its own, of 440 Hz, 880 Hz and so on. Over SRT, which tells languages. */
  readonly languages?: readonly string[];
  /** So many times faster than life, for what is only to be recorded. */
  readonly speed?: number;
}

const LIVE_MS = 20_000;

/** Starts publishing, and returns once the channel is live. `token`: a pass, if it is private. */
export async function publish(server: Server, card: Card, picture: Picture = {}, token = ''): Promise<Program> {
  const bframes = picture.bframes ?? 0;
  const to = picture.over === 'srt' ? ['mpegts', card.srt_url] : ['flv', `${card.rtmp_url}/${card.stream_key}`];
  const pace = ['-readrate', String(picture.speed ?? 1)];
  const languages = picture.languages ?? [''];
  const size = picture.size ?? '256x144';
  const made = picture.captions === undefined ? null : await captioned(picture.captions, size);
  const encoding = picture.h265 ? [
    '-c:v', 'libx265', '-preset', 'ultrafast', '-x265-params', 'keyint=50:pools=1:frame-threads=1:log-level=error', '-b:v', '600k', '-pix_fmt', 'yuv420p',
  ] : [
    '-c:v', 'libx264', '-preset', 'ultrafast', ...(bframes ? ['-bf', String(bframes)] : ['-tune', 'zerolatency']), '-threads', '1',
    '-g', String(25 * (picture.keys ?? 2)), '-b:v', '600k', '-maxrate', '600k', '-bufsize', '600k', '-x264-params', 'nal-hrd=cbr', '-pix_fmt', 'yuv420p',
  ];
  const ffmpeg = new Program('ffmpeg', [
    '-hide_banner', '-nostdin', '-loglevel', 'warning',
    ...pace, ...(made ? ['-fflags', '+genpts', '-framerate', '25', '-i', made] : ['-f', 'lavfi', '-i', `testsrc2=size=${size}:rate=25`]),
    ...languages.flatMap((_, n) => [...pace, '-f', 'lavfi', '-i', `sine=frequency=${440 * (n + 1)}:sample_rate=48000`]),
    '-map', '0:v', ...languages.flatMap((language, n) => ['-map', `${n + 1}:a`, ...(language ? [`-metadata:s:a:${n}`, `language=${language}`] : [])]),
    ...(made ? ['-c:v', 'copy'] : encoding),
    '-c:a', 'aac', '-b:a', '96k', '-f', ...to,
  ]);
  await until(`${card.channel} is live`, async () => {
    if (!ffmpeg.running) throw new Error(`ffmpeg has ended: ${ffmpeg.err.join('\n')}`);
    return (await server.channel(card.channel, token)).live;
  }, LIVE_MS);
  return ffmpeg;
}
