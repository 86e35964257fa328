// Captions inside a picture: ffmpeg passes them on, but makes none.
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { temporary } from './server';

const RATE = 25;
const LASTS_S = 90;
const STREAM_MAX = 64 << 20;

/** Makes a file of H.264 that says a text in CC1, as a pop-on caption, every two seconds, and returns where it lies. */
export async function captioned(text: string, size: string): Promise<string> {
  const { stdout } = await promisify(execFile)('ffmpeg', [
    '-loglevel', 'error', '-f', 'lavfi', '-i', `testsrc2=size=${size}:rate=${RATE}`, '-t', String(LASTS_S), '-c:v', 'libx264', '-preset', 'ultrafast',
    '-tune', 'zerolatency', '-threads', '1', '-g', String(2 * RATE), '-b:v', '600k', '-pix_fmt', 'yuv420p', '-f', 'h264', '-',
  ], { encoding: 'buffer', maxBuffer: STREAM_MAX });
  const file = join(await temporary(), 'captioned.h264');
  await writeFile(file, insert(stdout, popOn(text), 2 * RATE));
  return file;
}

type Pair = readonly [number, number];

/** Pairs of bytes of CEA-608: load a caption, then show it. */
function popOn(text: string): Pair[] {
  const control = (code: number): Pair[] => [pair(0x14, code), pair(0x14, code)];
  const letters = [...text].map((letter) => letter.charCodeAt(0));
  const pairs = [...control(0x20), ...control(0x2e), ...control(0x70)]; // resume caption loading, erase, row 15
  for (let i = 0; i < letters.length; i += 2) pairs.push(pair(letters[i] ?? 0, letters[i + 1] ?? 0));
  return [...pairs, ...control(0x2f)];
}

function pair(a: number, b: number): Pair {
  return [odd(a), odd(b)];
}

/** With the parity bit. */
function odd(byte: number): number {
  const ones = byte.toString(2).replaceAll('0', '').length;
  return ones % 2 === 0 ? byte | 0x80 : byte;
}

/** Writes a pair into each picture of a stream of one slice a picture, and all of them again every so many pictures. */
function insert(stream: Buffer, pairs: readonly Pair[], every: number): Buffer {
  const start = Buffer.from([0, 0, 0, 1]);
  const out: Buffer[] = [];
  let n = 0;
  for (const unit of units(stream)) {
    const kind = (unit[0] ?? 0) & 0x1f;
    if (kind === 1 || kind === 5) out.push(start, sei(pairs[n++ % every] ?? pair(0, 0)));
    out.push(start, unit);
  }
  return Buffer.concat(out);
}

/** A NAL unit of SEI with a pair of the first field (ATSC A/53). */
function sei([a, b]: Pair): Buffer {
  const data = [0xb5, 0x00, 0x31, 0x47, 0x41, 0x39, 0x34, 0x03, 0x41, 0xff, 0xfc, a, b, 0xff];
  return Buffer.from([6, 4, data.length, ...data, 0x80]);
}

/** The NAL units of a byte stream. */
function* units(stream: Buffer): Generator<Buffer> {
  const mark = Buffer.from([0, 0, 1]);
  let at = stream.indexOf(mark);
  while (at >= 0) {
    const next = stream.indexOf(mark, at + 3);
    let end = next < 0 ? stream.length : next;
    while (end > at && stream[end - 1] === 0) end--;
    yield stream.subarray(at + 3, end);
    at = next;
  }
}
