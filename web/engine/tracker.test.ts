import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ServerClock } from './clock';
import { decode } from './signal';
import { FakeTracker } from './testing/tracker';
import { Tracker, connectTracker, type Crew } from './tracker';

let server: FakeTracker;
let counts = { httpBytes: 0, stalls: 0, stalledMs: 0 };
const options = { name: 'a b', base: 'https://shoal.example', counts: () => counts };
const never = new AbortController().signal;
const after = (ms: number): Promise<unknown> => vi.advanceTimersByTimeAsync(ms);

beforeEach(() => {
  vi.useFakeTimers();
  counts = { httpBytes: 0, stalls: 0, stalledMs: 0 };
  server = new FakeTracker();
  server.install();
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

async function connected(link = connectTracker(options)): Promise<typeof link> {
  await after(0);
  server.socket.welcome();
  return link;
}

describe('a viewer who watches', () => {
  it('joins, says hello, and knows what it is told', async () => {
    const link = connectTracker(options);
    const changed = vi.fn();
    link.onChange(changed);
    expect(link.connected).toBe(false);
    await after(0);
    expect(server.joins).toEqual(['{"mode":"watch"}']);
    expect([server.socket.url, server.socket.protocol]).toEqual(['wss://shoal.example/api/v1/tracker', 'shoal.tracker.v1']);
    server.socket.welcome();
    expect(server.socket.said[0]).toEqual({ t: 'hello', token: 'token1' });
    server.socket.tell({ t: 'viewers', n: 5, sharing: 3 });
    await after(0);
    expect(link.state()).toMatchObject({ connected: true, viewers: 5, sharing: 3, ended: false });
    expect(changed).toHaveBeenCalled();
  });

  it('hears of the end, and of a new beginning', async () => {
    const link = await connected();
    server.socket.tell({ t: 'ended' });
    expect(link.state().ended).toBe(true);
    server.socket.tell({ t: 'edge', track: 0, msn: 1, part: 0, epoch: 1 });
    expect(link.state().ended).toBe(false);
  });

  it('hears whether viewers may share, anew of each connection', async () => {
    const link = await connected();
    expect(link.state().mayShare).toBeNull();
    for (const [mode, may] of [['off', false], ['ask', true], ['perhaps', true], ['off', false]] as const) {
      server.socket.tell({ t: 'sharing', mode });
      expect(link.state().mayShare, mode).toBe(may);
    }
    server.socket.welcome();
    expect(link.state().mayShare).toBeNull();
  });

  it('takes no notice of what is no message', async () => {
    const link = await connected();
    const before = link.state();
    for (const text of ['', '[]', 'null', '{"t":"viewers","n":-1,"sharing":0}', '{"t":"edge","track":0}', '{"t":"later"}', '{']) {
      server.socket.onmessage?.({ data: text });
    }
    server.socket.push(1, 2, 3);
    server.socket.push();
    expect(link.state()).toEqual(before);
  });

  it('reports differences', async () => {
    await connected();
    counts = { httpBytes: 1000.5, stalls: 1, stalledMs: 20.2 };
    await after(5000);
    counts = { httpBytes: 1500, stalls: 1, stalledMs: 20.9 };
    await after(5000);
    const rest = { t: 'report', peerBytes: 0, uploadBytes: 0, verified: 0, refused: 0 };
    expect(server.socket.of('report')).toEqual([
      { ...rest, httpBytes: 1000, stalls: 1, stalledMs: 20 },
      { ...rest, httpBytes: 500, stalls: 0, stalledMs: 0 },
    ]);
  });
});

describe('waiting for a part', () => {
  it('ends when it or a later one is out, at once if it is out', async () => {
    const link = await connected();
    const told = vi.fn();
    for (const [msn, part] of [[5, 1], [5, -1], [5, 2], [6, -1], [6, 0]] as const) {
      void link.waitFor(0, msn, part, never).then((out) => told(`${msn}.${part} ${out}`));
    }
    server.socket.tell({ t: 'edge', track: 1, msn: 9, part: 0, epoch: 1 });
    server.socket.tell({ t: 'edge', track: 0, msn: 5, part: 1, epoch: 1 });
    await after(0);
    expect(told.mock.calls.flat()).toEqual(['5.1 true', '5.-1 true']);
    server.socket.tell({ t: 'edge', track: 0, msn: 6, part: 0, epoch: 1 });
    await after(0);
    expect(told.mock.calls.flat().slice(2)).toEqual(['5.2 true', '6.-1 true', '6.0 true']);
    expect(await link.waitFor(0, 5, 3, never)).toBe(true);
  });

  it('ends with false at an abort, and when no notice can come', async () => {
    const link = await connected();
    const abort = new AbortController();
    const aborted = link.waitFor(0, 1, 0, abort.signal);
    abort.abort();
    expect(await aborted).toBe(false);
    const cut = link.waitFor(0, 1, 0, never);
    server.socket.end();
    expect(await cut).toBe(false);
    expect(link.connected).toBe(false);
    expect(await link.waitFor(0, 1, 0, never)).toBe(false);
  });
});

describe('a connection that ends', () => {
  it.each([[3, 1_000], [400, 2_000], [1_000, 5_000], [100_000, 10_000]])('with %i viewers it waits %i ms at most', async (n, ms) => {
    const link = await connected();
    server.socket.tell({ t: 'viewers', n, sharing: 0 });
    server.refuse = 503;
    server.socket.close();
    await after(60_000);
    const tried = server.joins.length;
    await after(10 * ms);
    expect(server.joins.length - tried).toBeGreaterThanOrEqual(10);
    expect(server.joins.length - tried).toBeLessThanOrEqual(21);
    link.stop();
  });

  it('comes back with a new join, soon at first, then less often', async () => {
    await connected();
    server.socket.end();
    await after(500);
    expect(server.joins.length).toBe(2);
    server.refuse = 503;
    server.socket.end();
    await after(60_000);
    const tries = server.joins.length;
    expect(tries).toBeGreaterThanOrEqual(60);
    expect(tries).toBeLessThanOrEqual(123);
    server.refuse = null;
    await after(10_000);
    server.socket.welcome();
    expect(server.socket.said[0]).toMatchObject({ t: 'hello' });
    expect(server.sockets.filter((socket) => socket.readyState === 1).length).toBe(1);
  });

  it('is noticed when nobody answers', async () => {
    server.answersPings = false;
    const link = await connected();
    await after(9_999);
    expect(link.connected).toBe(true);
    await after(1);
    expect(link.connected).toBe(false);
  });

  it('is given up when no welcome comes', async () => {
    connectTracker(options);
    await after(0);
    const [first] = server.sockets;
    await after(10_500);
    expect(first?.readyState).toBe(3);
    expect(server.sockets.length).toBe(2);
  });

  it('does not come back after stop, and says bye', async () => {
    const link = await connected();
    link.stop();
    expect(server.socket.of('bye').length).toBe(1);
    await after(60_000);
    expect(server.joins.length).toBe(1);
  });

  it('is not confused by what an older connection still says', async () => {
    const link = await connected();
    const old = server.socket;
    old.end();
    await after(500);
    server.socket.welcome();
    old.onclose?.();
    old.tell({ t: 'viewers', n: 99, sharing: 99 });
    expect(link.state()).toMatchObject({ connected: true, viewers: 1 });
  });
});

describe('the server clock', () => {
  it('is what the quickest answer says', () => {
    const clock = new ServerClock();
    expect(clock.offsetMs).toBeNull();
    clock.sample(1000, 400, 9000);
    clock.sample(2000, 20, 7010);
    clock.sample(3000, 100, 9999);
    expect(clock.offsetMs).toBe(5000);
  });

  it('is asked several times, more often at first', async () => {
    server.serverTimeMs = 1_000_000;
    vi.setSystemTime(400_000);
    const link = await connected();
    await after(1600);
    expect(server.socket.of('ping').length).toBe(4);
    await after(10_000);
    expect(server.socket.of('ping').length).toBe(6);
    expect(link.state().clockOffsetMs).toBeLessThanOrEqual(600_000);
    expect(link.state().clockOffsetMs).toBeGreaterThan(580_000);
  });

  it('does not believe an answer to another question', async () => {
    server.answersPings = false;
    const link = await connected();
    const before = link.state().clockOffsetMs;
    server.socket.tell({ t: 'pong', at: 1, serverTimeMs: 9_999_999 });
    expect(link.state().clockOffsetMs).toBe(before);
  });
});

describe('a viewer who shares', () => {
  function crew(): { heard: string[]; crew: Crew } {
    const heard: string[] = [];
    const note = (what: string): void => void heard.push(what);
    return {
      heard,
      crew: {
        joined: (_joined, peer) => note(`joined as ${peer.slice(-2)}`),
        lost: () => note('lost'),
        introduced: (peer, dial) => note(`${dial ? 'dial' : 'expect'} ${peer.slice(-2)}`),
        gone: (peer) => note(`gone ${peer.slice(-2)}`),
        carried: (from, { kind }) => note(`${kind} from ${from.slice(-2)}`),
        seed: (stripes) => note(`seed ${stripes}`),
        renewed: (username, credential) => note(`relay ${username} ${credential}`),
        record: (record) => note(`record ${record.join()}`),
      },
    };
  }

  it('hears of the others and gets records', async () => {
    const { heard, crew: ears } = crew();
    const tracker = new Tracker(options, 'share', () => ({ ...counts, peerBytes: 0, uploadBytes: 0, verified: 0, refused: 0 }), ears);
    await after(0);
    expect(server.joins).toEqual(['{"mode":"share"}']);
    server.socket.welcome();
    server.socket.tell({ t: 'peers', dial: ['00000000000000b1'], expect: ['00000000000000b2'] });
    server.socket.tell({ t: 'signal', from: '00000000000000b2', kind: 'offer', data: 'v=0' });
    server.socket.tell({ t: 'signal', from: '00000000000000b2', kind: 'rumour', data: 'v=0' });
    server.socket.tell({ t: 'gone', peer: '00000000000000b2' });
    server.socket.tell({ t: 'seed', stripes: 3 });
    server.socket.push(1, 7);
    server.socket.push(2, 8, 9);
    server.socket.push(3, 7);
    expect(heard).toEqual(['joined as a1', 'dial b1', 'expect b2', 'offer from b2', 'gone b2', 'seed 3', 'record 7', 'record 8,9']);
    tracker.stop();
  });
});

describe('the decoder', () => {
  it('hands on nothing of the wrong type', () => {
    const b1 = '00000000000000b1';
    expect(decode(JSON.stringify({ t: 'peers', dial: [b1], expect: [] }))).toEqual({ t: 'peers', dial: [b1], expect: [], near: [] });
    for (const bad of [
      { t: 'peers', dial: ['0000000000000000'], expect: [] }, { t: 'peers', dial: Array(65).fill(b1), expect: [] }, { t: 'peers', dial: [], expect: [], near: 'all' }, { t: 'gone', peer: 1 },
      { t: 'seed', stripes: 65536 }, { t: 'signal', from: b1, kind: 'offer', data: 1 }, { t: 'pong', at: 1.5, serverTimeMs: 1 }, { t: 'error' },
    ]) {
      expect(decode(JSON.stringify(bad)), JSON.stringify(bad)).toBeNull();
    }
    expect(decode(`{"t":"ended","x":"${'x'.repeat(17_000)}"}`)).toBeNull();
  });
});
