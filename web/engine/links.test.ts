import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { CANDIDATES_MAX, CONNECT_MS, LOST_MS } from './link';
import { INTRODUCED_MAX, LINKS_MAX, Links, type LinksBody } from './links';
import type { Signal } from './signal';
import { FakeChannel, FakeConnection, SDP } from './testing/rtc';
import { MESSAGE_MAX, TYPE_BYE } from './wire';

const a = '00000000000000aa';
const named = (n: number): string => n.toString(16).padStart(16, '0');
const offer: Signal = { kind: 'offer', data: SDP, mid: '', line: 0 };
const answer: Signal = { kind: 'answer', data: SDP, mid: '', line: 0 };
const candidate: Signal = { kind: 'candidate', data: 'candidate:1 1 udp 1 x.local 5000 typ host', mid: '0', line: 0 };
const settled = (): Promise<void> => vi.advanceTimersByTimeAsync(0).then(() => undefined);

let connections: FakeConnection[];
let said: string[];
let messages: Uint8Array[];
let links: Links;

const body: LinksBody = {
  signal: (peer, { kind }) => said.push(`${kind} to ${peer.slice(-2)}`),
  up: (peer) => said.push(`up ${peer.slice(-2)}`),
  down: (peer) => said.push(`down ${peer.slice(-2)}`),
  message: (_peer, message) => messages.push(message),
  drained: (_peer, buffered) => said.push(`drained ${buffered}`),
};

beforeEach(() => {
  vi.useFakeTimers();
  connections = [];
  said = [];
  messages = [];
  links = new Links(body, [], () => {
    const connection = new FakeConnection();
    connections.push(connection);
    return connection as unknown as RTCPeerConnection;
  });
});

afterEach(() => vi.useRealTimers());

async function dialed(): Promise<{ connection: FakeConnection; channel: FakeChannel }> {
  links.introduce(a);
  links.dial(a);
  await settled();
  const connection = connections.at(-1);
  const channel = connection?.channels[0];
  if (!connection || !channel) throw new Error('nothing was dialed');
  channel.open();
  return { connection, channel };
}

async function called(): Promise<FakeConnection> {
  links.introduce(a);
  links.hear(a, offer);
  await settled();
  const connection = connections.at(-1);
  if (!connection) throw new Error('the call was not taken');
  return connection;
}

describe('a dialed link', () => {
  it('makes the one channel, offers, and is up when the channel is open', async () => {
    const { channel } = await dialed();
    expect([channel.label, channel.protocol, channel.ordered, channel.binaryType]).toEqual(['shoal', 'shoal.peer.v1', true, 'arraybuffer']);
    expect(said).toEqual(['offer to aa', 'up aa']);
    expect(links.open).toEqual([a]);
  });

  it('holds candidates back until the answer is there', async () => {
    const { connection } = await dialed();
    links.hear(a, candidate);
    expect(connection.candidates).toEqual([]);
    links.hear(a, answer);
    await settled();
    links.hear(a, candidate);
    expect(connection.candidates).toEqual(Array(2).fill({ candidate: candidate.data, sdpMid: '0', sdpMLineIndex: 0 }));
  });

  it('ends when the peer brings a channel of its own', async () => {
    const { connection } = await dialed();
    connection.ondatachannel?.({ channel: new FakeChannel() });
    expect(said.at(-1)).toBe('down aa');
    expect(connection.closed).toBe(true);
  });

  it('is told to be down when nobody answers in time', async () => {
    links.introduce(a);
    links.dial(a);
    await vi.advanceTimersByTimeAsync(CONNECT_MS);
    expect(said).toEqual(['offer to aa', 'down aa']);
    expect(connections[0]?.closed).toBe(true);
  });

  it('is down at once for whom the tracker did not name, or who is one too many', async () => {
    links.dial(a);
    expect(said).toEqual(['down aa']);
    for (let i = 1; i <= LINKS_MAX + 1; i++) {
      links.introduce(named(i));
      links.dial(named(i));
    }
    await settled();
    expect(connections.length).toBe(LINKS_MAX);
    expect(said.filter((line) => line.startsWith('down')).length).toBe(2);
  });
});

describe('a called link', () => {
  it('answers, and takes the one ordinary channel', async () => {
    const connection = await called();
    const channel = new FakeChannel();
    connection.ondatachannel?.({ channel });
    channel.open();
    expect(said, 'who is called speaks second: what it says at once is lost at times').toEqual(['answer to aa']);
    expect(links.send(a, Uint8Array.of(1))).toBe(false);
    expect(links.open).toEqual([]);
    channel.say(2, 0, 1, 16);
    expect(said).toEqual(['answer to aa', 'up aa']);
    expect(messages.length).toBe(1);
    expect(links.send(a, Uint8Array.of(1))).toBe(true);
  });

  it.each([
    ['another label', new FakeChannel('other')],
    ['another protocol', new FakeChannel('shoal', 'other')],
    ['no order', new FakeChannel('shoal', 'shoal.peer.v1', false)],
    ['no reliability', Object.assign(new FakeChannel(), { maxRetransmits: 0 })],
    ['a life time', Object.assign(new FakeChannel(), { maxPacketLifeTime: 100 })],
  ])('ends over a channel with %s', async (_what, channel) => {
    const connection = await called();
    connection.ondatachannel?.({ channel });
    expect(said.at(-1)).toBe('down aa');
  });

  it('ends over a second channel, and over media', async () => {
    const connection = await called();
    connection.ondatachannel?.({ channel: new FakeChannel() });
    connection.ondatachannel?.({ channel: new FakeChannel() });
    expect(said.at(-1)).toBe('down aa');
    (await called()).ontrack?.();
    expect(connections.every(({ closed }) => closed)).toBe(true);
    links.hear(a, { ...offer, data: `${SDP}m=video 9 UDP/TLS/RTP/SAVPF 96\r\n` });
    await settled();
    expect(connections.at(-1)?.remoteDescription).toBeNull();
    expect(connections.at(-1)?.closed).toBe(true);
  });

  it('that meets our own goes unanswered by the higher name, which takes no candidate of it, and is answered by the lower one', async () => {
    links.self = named(0xab);
    links.introduce(a);
    links.dial(a);
    await settled();
    links.hear(a, offer);
    links.hear(a, candidate);
    expect(connections.length).toBe(1);
    links.hear(a, answer);
    links.hear(a, { ...candidate, data: 'theirs' });
    await settled();
    expect(connections[0]?.candidates.map((each) => each.candidate)).toEqual(['theirs']);
    expect(said).toEqual(['offer to aa']);

    links.hangUp(a);
    said = [];
    links.self = named(1);
    links.dial(a);
    await settled();
    links.hear(a, offer);
    await settled();
    expect(connections[1]?.closed).toBe(true);
    expect(said).toEqual(['offer to aa', 'down aa', 'answer to aa']);
  });

  it('comes only of an introduction', () => {
    links.hear(a, offer);
    expect(connections).toEqual([]);
  });

  it('is not made twice with a neighbour that the tracker named anew', async () => {
    const print = `a=fingerprint:sha-256 AA:BB\r\n`;
    const again = named(9);
    links.introduce(a);
    links.introduce(again);
    links.hear(a, { ...offer, data: SDP + print });
    await settled();
    links.hear(again, { ...offer, data: SDP + print });
    expect(connections.length).toBe(2); // the first is not open: it may never be
    links.hangUp(again);
    const channel = new FakeChannel();
    connections[0]?.ondatachannel?.({ channel });
    channel.open();
    channel.say(2, 0, 1, 16);
    links.hear(again, { ...offer, data: SDP + print.toLowerCase() });
    links.hear(again, candidate);
    expect(connections.length).toBe(2);
    links.hear(again, { ...offer, data: SDP + print.replace('AA', 'CC') });
    expect(connections.length).toBe(3);
  });

  it('takes the place of one that the caller has lost', async () => {
    const first = await called();
    const channel = new FakeChannel();
    first.ondatachannel?.({ channel });
    channel.open();
    channel.say(2, 0, 1, 16);
    await called();
    expect(first.closed).toBe(true);
    expect(said).toEqual(['answer to aa', 'up aa', 'down aa', 'answer to aa']);
  });
});

describe('an open link', () => {
  it('hands on messages of the right size and ends over others', async () => {
    const { channel } = await dialed();
    channel.say(2, 0, 1, 16);
    channel.onmessage?.({ data: new ArrayBuffer(MESSAGE_MAX) });
    expect(messages.map((message) => message.length)).toEqual([4, MESSAGE_MAX]);
    channel.onmessage?.({ data: new ArrayBuffer(MESSAGE_MAX + 1) });
    expect(said.at(-1)).toBe('down aa');
    for (const data of ['text', new ArrayBuffer(0)]) {
      const next = await dialed();
      next.channel.onmessage?.({ data });
      expect(links.open).toEqual([]);
    }
    expect(messages.length).toBe(2);
  });

  it('reports the send buffer as it falls, piece by piece, to the end', async () => {
    const { channel } = await dialed();
    const piece = new Uint8Array(12_000);
    for (let i = 0; i < 3; i++) links.send(a, piece);
    for (let i = 0; i < 3; i++) channel.drain(12_000);
    expect(said.slice(2)).toEqual(['drained 12000', 'drained 0']);
    links.send(a, piece.subarray(0, 10));
    channel.drain(10);
    expect(said.at(-1)).toBe('drained 0');
    expect(said.length).toBe(5);
  });

  it('may lose its path for a while, not for long', async () => {
    const { connection } = await dialed();
    connection.move('disconnected');
    await vi.advanceTimersByTimeAsync(LOST_MS / 2);
    connection.move('connected');
    await vi.advanceTimersByTimeAsync(LOST_MS);
    expect(links.open).toEqual([a]);
    connection.move('disconnected');
    await vi.advanceTimersByTimeAsync(LOST_MS);
    expect(said.at(-1)).toBe('down aa');
  });

  it('is down once, whatever else happens', async () => {
    const { connection, channel } = await dialed();
    connection.move('failed');
    channel.onclose?.();
    connection.move('closed');
    await vi.advanceTimersByTimeAsync(CONNECT_MS);
    expect(said.filter((line) => line === 'down aa').length).toBe(1);
    expect(links.send(a, new Uint8Array(1))).toBe(false);
  });

  it('stays when the tracker says that the peer is gone; one still connecting ends', async () => {
    await dialed();
    links.gone(a);
    expect(links.open).toEqual([a]);
    links.introduce(named(7));
    links.dial(named(7));
    links.gone(named(7));
    expect(said.at(-1)).toBe('down 07');
  });

  it('ends without a word when hung up on, and with BYE when all end', async () => {
    const first = await dialed();
    links.hangUp(a);
    expect(first.connection.closed).toBe(true);
    const second = await dialed();
    links.closeAll(false);
    expect(second.channel.sent.map((message) => [...message])).toEqual([[TYPE_BYE]]);
    expect(second.connection.closed).toBe(true);
    expect(said.filter((line) => line.startsWith('down'))).toEqual([]);
  });
});

describe('messages', () => {
  const hello = [2, 0, 1, 0xd0];

  it('are joined for who takes that, and none is lost when all end', async () => {
    const { channel } = await dialed();
    links.send(a, Uint8Array.of(5, 1));
    channel.say(...hello);
    links.send(a, Uint8Array.of(5, 2));
    links.send(a, Uint8Array.of(3, 3));
    expect(channel.sent.map((message) => [...message])).toEqual([[5, 1]]);
    await settled();
    expect(channel.sent.slice(1).map((message) => [...message])).toEqual([[17, 0, 2, 5, 2, 0, 2, 3, 3]]);
    links.send(a, Uint8Array.of(3, 4));
    links.closeAll(false);
    expect(channel.sent.slice(2).map((message) => [...message])).toEqual([[17, 0, 2, 3, 4, 0, 1, TYPE_BYE]]);
  });

  it('that come joined are heard one by one', async () => {
    const { channel } = await dialed();
    channel.say(17, 0, 4, ...hello, 0, 2, 5, 1);
    expect(messages.map((message) => [...message])).toEqual([hello, [5, 1]]);
  });

  it('of another form end the link', async () => {
    const { channel } = await dialed();
    channel.say(17, 0, 1, TYPE_BYE);
    expect(messages).toEqual([]);
    expect(said.at(-1)).toBe('down aa');
  });

  it('that waited are not later than the next that comes, however late timers are', async () => {
    const { channel } = await dialed();
    channel.say(...hello);
    links.send(a, Uint8Array.of(3, 1));
    vi.spyOn(performance, 'now').mockReturnValue(performance.now() + 1000);
    channel.say(10);
    expect(channel.sent.map((message) => [...message])).toEqual([[3, 1]]);
    vi.restoreAllMocks();
  });
});

describe('bounds', () => {
  it('hold for candidates in both directions', async () => {
    const { connection } = await dialed();
    links.hear(a, answer);
    await settled();
    for (let i = 0; i < 2 * CANDIDATES_MAX; i++) {
      links.hear(a, candidate);
      connection.onicecandidate?.({ candidate: { candidate: 'candidate:…', sdpMid: '0', sdpMLineIndex: 0 } });
    }
    expect(connection.candidates.length).toBe(CANDIDATES_MAX);
    expect(said.filter((line) => line.startsWith('candidate')).length).toBe(CANDIDATES_MAX);
  });

  it('hold for introductions: the oldest lapse', () => {
    for (let i = 1; i <= INTRODUCED_MAX + 1; i++) links.introduce(named(i));
    links.dial(named(1));
    expect(said).toEqual(['down 01']);
    links.dial(named(2));
    expect(connections.length).toBe(1);
  });
});
