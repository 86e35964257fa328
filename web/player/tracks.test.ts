import type Hls from 'hls.js';
import { expect, test } from 'vitest';
import { ALL_TRACKS, tracksPlayed } from './tracks';

type Given = Pick<Hls, 'levels' | 'loadLevel' | 'audioTracks' | 'audioTrack'>;

const playing = (levels: readonly number[], loadLevel: number, audio: readonly number[], audioTrack: number): Given => ({
  levels: levels.map((track) => ({ url: [`https://a.example/hls/fish/${track}.m3u8`] })),
  audioTracks: audio.map((track) => ({ url: `https://a.example/hls/fish/${track}.m3u8` })),
  loadLevel, audioTrack,
}) as unknown as Given;

test('the tracks that are played are the level that loads and its sound', () => {
  expect(tracksPlayed(playing([3, 2, 0], 1, [1], 0))).toEqual([1, 2]);
  expect(tracksPlayed(playing([3, 2, 0], 2, [1], -1))).toEqual([0, 1]);
  expect(tracksPlayed(playing([2, 0], 0, [], -1))).toEqual([2]);
});

test('of several sounds one is played, also where there is one picture', () => {
  expect(tracksPlayed(playing([0], 0, [1, 2], 1))).toEqual([0, 2]);
  expect(tracksPlayed(playing([0], 0, [1, 2], -1))).toEqual([0, 1]);
});

test('who has nothing to choose between follows all, as everybody there does', () => {
  expect(tracksPlayed(playing([0], 0, [1], 0))).toEqual(ALL_TRACKS);
  expect(tracksPlayed(playing([], 0, [], 0))).toEqual(ALL_TRACKS);
});
