import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { Body } from './body';
import { PIECE_SIZE, Source } from './testing/source';
import { engineModule } from './testing/golden';
import { FakeChannel, FakeConnection, SDP } from './testing/rtc';
import { FakeTracker } from './testing/tracker';
import { Module } from './wasm';
import { pieceMessage } from './wire';

const name = (seq: number) => ({ epoch: 1, track: 0, seq });
const media = (seq: number): Uint8Array<ArrayBuffer> => new Uint8Array(3 * PIECE_SIZE - 100).fill(seq + 1);
const never = new AbortController().signal;
const peer = '00000000000000b1';

let compiled: WebAssembly.Module;
let server: FakeTracker;
let source: Source;
let body: Body;
let connections: FakeConnection[];

beforeAll(async () => {
  compiled = await engineModule();
});

beforeEach(async () => {
  connections = [];
  vi.stubGlobal('RTCPeerConnection', function () {
    const connection = new FakeConnection();
    connections.push(connection);
    return connection;
  });
  source = await Source.open(Date.now());
  server = new FakeTracker();
  server.channel = source.name;
  server.serverTimeMs = Date.now();
  server.install();
  const counts = (): { httpBytes: number; stalls: number; stalledMs: number } => ({ httpBytes: 10, stalls: 0, stalledMs: 0 });
  body = new Body({ name: 'a', base: 'http://shoal.example', counts, uplink: 1e6 }, await Module.start(compiled));
  await vi.waitFor(() => server.socket);
  server.socket.welcome();
  server.socket.push(1, ...source.certificate);
  body.setPlayhead({ wallMs: source.wallMs - 3000, bufferMs: 3000, playing: true });
});

afterEach(() => {
  body.stop();
  vi.unstubAllGlobals();
});

async function publish(bytes: Uint8Array<ArrayBuffer>): Promise<void> {
  server.socket.push(2, ...(await source.part(bytes)));
}

/** Another viewer calls. Returns the channel, and what it was told. */
async function met(): Promise<FakeChannel> {
  server.socket.tell({ t: 'peers', dial: [], expect: [peer] });
  server.socket.tell({ t: 'signal', from: peer, kind: 'offer', data: SDP });
  await vi.waitFor(() => expect(server.socket.of('signal')).toMatchObject([{ to: peer, kind: 'answer' }]));
  const channel = new FakeChannel();
  connections[0]?.ondatachannel?.({ channel });
  channel.open();
  channel.say(2, 0, 1, 16); // HELLO
  return channel;
}

describe('a body with the real engine', () => {
  it('says which tracks the player plays, to the tracker after each hello and to neighbours', async () => {
    const channel = await met();
    body.follow([0, 2]);
    body.follow([0, 2]);
    expect(server.socket.of('follow')).toEqual([{ t: 'follow', tracks: [0, 2] }]);
    const states = (): number[] => channel.sent.filter((message) => message[0] === 10).map((message) => message.at(-1) ?? 0);
    expect(states().at(-1), 'the tracks of the last STATE').toBe(0b101);
    const before = server.socket;
    before.end();
    await vi.waitFor(() => expect(server.socket).not.toBe(before), 3_000);
    server.socket.welcome();
    expect(server.socket.of('follow')).toEqual([{ t: 'follow', tracks: [0, 2] }]);
  });

  it('gives the player what it fetched before, once every piece is checked', async () => {
    await publish(media(0));
    body.offer(name(0), media(0).buffer);
    expect(new Uint8Array((await body.want(name(0), never)) ?? new ArrayBuffer())).toEqual(media(0));
    expect(body.stats()).toMatchObject({ connected: true, peerBytes: 0, piecesRefused: 0 });
  });

  it('plays pieces of a peer, and counts them as its', async () => {
    await publish(media(0));
    const channel = await met();
    const wanted = body.want(name(0), never);
    for (let piece = 0; piece < 3; piece++) {
      const bytes = media(0).subarray(piece * PIECE_SIZE, (piece + 1) * PIECE_SIZE);
      channel.onmessage?.({ data: pieceMessage(name(0), piece, bytes).buffer });
    }
    expect(new Uint8Array((await wanted) ?? new ArrayBuffer())).toEqual(media(0));
    const { neighbours, ...totals } = body.stats();
    expect(neighbours).toEqual([{ peer, receivedBytes: media(0).length, sentBytes: 0, verified: 3, refused: 0 }]);
    expect(totals).toMatchObject({ peers: 1, peerBytes: media(0).length, piecesVerified: 3, piecesRefused: 0 });
  });

  it('drops a peer that altered a piece, complains of it, and plays none of it', async () => {
    server.media = () => new Response(media(0));
    await publish(media(0));
    const channel = await met();
    channel.onmessage?.({ data: pieceMessage(name(0), 0, new Uint8Array(PIECE_SIZE).fill(66)).buffer });
    await vi.waitFor(() => expect(server.socket.of('refused')).toEqual([{ t: 'refused', peer }]));
    expect(connections[0]?.closed).toBe(true);
    expect(body.stats()).toMatchObject({ peers: 0, piecesRefused: 1, peerBytes: 0 });
    body.offer(name(0), media(0).buffer);
    expect(new Uint8Array((await body.want(name(0), never)) ?? new ArrayBuffer())).toEqual(media(0));
  });

  it('passes on to a peer that asks what it holds', async () => {
    await publish(media(0));
    const channel = await met();
    body.offer(name(0), media(0).buffer);
    await body.want(name(0), never);
    channel.say(4, ...[0, 0, 0, 0, 0, 0, 0, 1], 0, ...[0, 0, 0, 0, 0, 0, 0, 0], 1, 0b101); // WANT pieces 0 and 2
    await vi.waitFor(() => expect(channel.sent.filter((message) => message[0] === 1).length).toBe(2));
    const pieces = channel.sent.filter((message) => message[0] === 1);
    expect(pieces[0]).toEqual(pieceMessage(name(0), 0, media(0).subarray(0, PIECE_SIZE)));
    expect(body.stats().uploadBytes).toBe(2 * PIECE_SIZE - 100);
  });

  it('believes no record that others signed', async () => {
    const stranger = await Source.open(Date.now());
    server.socket.push(1, ...stranger.certificate);
    server.socket.push(2, ...(await stranger.part(media(5))));
    body.offer(name(0), media(5).buffer);
    body.setPlayhead({ wallMs: source.wallMs, bufferMs: 100, playing: true });
    expect(await body.want(name(0), never)).toBeNull();
  });

  it('answers every want after stop, and closes all', async () => {
    const channel = await met();
    const wanted = body.want(name(9), never);
    body.stop();
    expect(connections[0]?.closed).toBe(true);
    expect(channel.sent.at(-1)).toEqual(Uint8Array.of(8));
    expect(await wanted).toBeNull();
    expect(await body.want(name(9), never)).toBeNull();
    expect(server.socket.of('bye').length).toBe(1);
  });

  it('goes on without the engine when it breaks', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    const wanted = body.want(name(9), never);
    server.socket.tell({ t: 'seed', stripes: 1 });
    body.perform({ kind: 'Note', what: 1, peer, part: name(0) });
    const told = vi.fn();
    body.tracker.onChange(told);
    body.broke(new Error('unreachable'));
    expect(await wanted).toBeNull();
    expect(body.stats().broken).toBe(true);
    await vi.waitFor(() => expect(told).toHaveBeenCalled());
    expect(warn).toHaveBeenCalled();
    warn.mockRestore();
  });

  it('reports what player and engine did together', async () => {
    await publish(media(0));
    server.media = () => new Response(media(0));
    body.setPlayhead({ wallMs: source.wallMs, bufferMs: 3000, playing: true });
    expect(new Uint8Array((await body.want(name(0), never)) ?? new ArrayBuffer())).toEqual(media(0));
    expect(body.stats().httpBytes).toBe(media(0).length);
  });
});
