import { expect, test } from 'vitest';
import { withStartBitrate } from './quality';

test('only H.264 is told where to begin', () => {
  const answer = ['m=video 9 UDP/TLS/RTP/SAVPF 96 97', 'a=rtpmap:96 H264/90000', 'a=fmtp:96 packetization-mode=1', 'a=rtpmap:97 rtx/90000', 'a=fmtp:97 apt=96', ''].join('\r\n');
  expect(withStartBitrate(answer, '720').split('\r\n')).toEqual([
    'm=video 9 UDP/TLS/RTP/SAVPF 96 97', 'a=rtpmap:96 H264/90000', 'a=fmtp:96 packetization-mode=1;x-google-start-bitrate=1250',
    'a=rtpmap:97 rtx/90000', 'a=fmtp:97 apt=96', '',
  ]);
});
