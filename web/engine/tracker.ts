// The viewer's one connection to the tracker.
//
// What it is: join, WebSocket, hello, and then what both sides say; when it ends, the same again, a little later.
// Who calls it: web/app through connectTracker (who only watches), body.ts (who shares).
// What it owns: the socket, its timers, the edges, the estimate of the server's clock, what was reported last.
// What it will never do: throw at the page, load WASM, make a peer connection.
import type { ConnectTracker, TrackerLink, TrackerOptions, TrackerState } from '../player/swarm';
import type { Peer } from './bytes';
import { ServerClock } from './clock';
import { Edges } from './edges';
import { join, type Joined, type Mode } from './join';
import {
  FRAME_CERTIFICATE, FRAME_PART, NOTHING, RECORD_MAX, SUBPROTOCOL, decode, difference,
  type FromTracker, type Report, type Signal, type ToTracker,
} from './signal';

/** What a viewer who shares hears besides. */
export interface Crew {
  joined(joined: Joined, peer: Peer): void;
  /** The connection is gone; `joined` follows when there is another. */
  lost(): void;
  introduced(peer: Peer, dial: boolean, near: boolean): void;
  gone(peer: Peer): void;
  carried(from: Peer, signal: Signal): void;
  seed(stripes: number): void;
  /** What lets this viewer use the relay from now on. */
  renewed(username: string, credential: string): void;
  /** A certificate or part record in binary form. */
  record(record: Uint8Array<ArrayBuffer>): void;
}

/**
 * The first wait before another try, each time twice as long up to a bound: what letting all viewers back takes, within limits. Few are back
 * soon, and many do not come all at once. Half of each wait is left to chance.
 */
const RETRY_MS = 500;
const RETRY_MS_LEAST = 1_000;
const RETRY_MS_MAX = 10_000;
const RETRY_MS_PER_VIEWER = 5;
/** A connection that lasted so long starts the waits anew when it ends. */
const STEADY_MS = 10_000;
/** From the socket's making to the welcome. */
const WELCOME_MS = 10_000;
const REPORT_MS = 5_000;
/** The first pings come quickly, for the clock. */
const FIRST_PINGS = 4;
const FIRST_PING_MS = 500;
const PING_MS = 5_000;
/** An answer that takes longer means that the connection is dead. */
const PONG_MS = 10_000;

type Timer = ReturnType<typeof setTimeout> | undefined;

export class Tracker implements TrackerLink {
  readonly #options: TrackerOptions;
  readonly #mode: Mode;
  readonly #crew: Crew | null;
  readonly #totals: () => Report;
  readonly #edges = new Edges();
  readonly #clock = new ServerClock();
  readonly #listeners = new Set<() => void>();
  readonly #page = new AbortController();
  #state: Omit<TrackerState, 'clockOffsetMs'> = { connected: false, viewers: 0, sharing: 0, ended: false, mayShare: null };
  #socket: WebSocket | null = null;
  #attempt = 0; // counts, so that what an older attempt still says is not heard
  #failures = 0;
  #welcomedAt = 0;
  #reported = NOTHING;
  #ping: { readonly at: number; readonly askedAt: number; readonly started: number } | null = null;
  #pongs = 0;
  #deadline: Timer; // for the welcome, then for each pong
  #pinging: Timer;
  #reporting: Timer;
  #retry: Timer;
  #notifying = false;

  /** `totals` is all that was counted so far; `crew` hears what only sharing viewers are told. */
  constructor(options: TrackerOptions, mode: Mode, totals: () => Report, crew: Crew | null) {
    this.#options = options;
    this.#mode = mode;
    this.#totals = totals;
    this.#crew = crew;
    const signal = this.#page.signal;
    globalThis.addEventListener?.('pagehide', () => this.#leave(), { signal });
    globalThis.addEventListener?.('pageshow', (event) => event.persisted && this.#begin(), { signal });
    globalThis.addEventListener?.('online', () => this.connected || this.#begin(), { signal });
    this.#begin();
  }

  get connected(): boolean {
    return this.#state.connected;
  }

  state(): TrackerState {
    return { ...this.#state, clockOffsetMs: this.#clock.offsetMs };
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  waitFor(track: number, msn: number, part: number, signal: AbortSignal): Promise<boolean> {
    return this.connected ? this.#edges.waitFor(track, msn, part, signal) : Promise.resolve(false);
  }

  stop(): void {
    this.#page.abort();
    this.#leave();
    this.#listeners.clear();
  }

  /** Sends a message, or drops it if there is no connection: none of them is worth repeating later. */
  send(message: ToTracker): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(message));
  }

  /** A part is known to be out: from the tracker, or from the swarm's records. */
  moved(track: number, msn: number, part: number): void {
    if (this.#state.ended) this.#set({ ended: false });
    this.#edges.moved(track, msn, part);
  }

  /** Tells the listeners, soon and once, that something changed. */
  changed(): void {
    if (this.#notifying) return;
    this.#notifying = true;
    queueMicrotask(() => {
      this.#notifying = false;
      for (const listener of [...this.#listeners]) listener();
    });
  }

  #begin(): void {
    this.#drop();
    void this.#connect(this.#attempt);
  }

  async #connect(attempt: number): Promise<void> {
    try {
      const askedAt = Date.now();
      const started = performance.now();
      const { base, name, token, recording } = this.#options;
      const joined = await join(base, name, this.#mode, token, recording);
      if (attempt !== this.#attempt) return;
      this.#clock.sample(askedAt, performance.now() - started, joined.serverTimeMs);
      this.#open(joined, attempt);
    } catch {
      if (attempt === this.#attempt) this.#lost();
    }
  }

  #open(joined: Joined, attempt: number): void {
    const url = new URL(this.#options.base + joined.tracker, globalThis.location?.href ?? 'http://localhost/');
    url.protocol = url.protocol.replace('http', 'ws');
    const socket = new WebSocket(url, SUBPROTOCOL);
    socket.binaryType = 'arraybuffer';
    const mine = (act: () => void) => (): void => {
      if (attempt === this.#attempt) act();
    };
    this.#socket = socket;
    this.#deadline = setTimeout(() => this.#lost(), WELCOME_MS);
    socket.onopen = mine(() => this.send({ t: 'hello', token: joined.token }));
    socket.onclose = mine(() => this.#lost());
    socket.onmessage = ({ data }) => mine(() => this.#frame(data as unknown, joined))();
  }

  #frame(data: unknown, joined: Joined): void {
    if (typeof data === 'string') {
      const message = decode(data);
      if (message) this.#hear(message, joined);
    } else if (data instanceof ArrayBuffer && data.byteLength > 1 && data.byteLength <= 1 + RECORD_MAX) {
      const [kind] = new Uint8Array(data, 0, 1);
      if (kind === FRAME_CERTIFICATE || kind === FRAME_PART) this.#crew?.record(new Uint8Array(data, 1));
    }
  }

  #hear(message: FromTracker, joined: Joined): void {
    switch (message.t) {
      case 'welcome':
        return this.#welcomed(message.peer, message.viewers, joined);
      case 'edge':
        return this.moved(message.track, message.msn, message.part);
      case 'viewers':
        return this.#set({ viewers: message.n, sharing: message.sharing });
      case 'ended':
        return this.#set({ ended: true });
      case 'sharing':
        return this.#set({ mayShare: message.mode !== 'off' });
      case 'pong':
        return this.#pong(message.at, message.serverTimeMs);
      case 'peers':
        for (const peer of message.dial) this.#crew?.introduced(peer, true, message.near.includes(peer));
        for (const peer of message.expect) this.#crew?.introduced(peer, false, message.near.includes(peer));
        return;
      case 'gone':
        return this.#crew?.gone(message.peer);
      case 'signal':
        return this.#crew?.carried(message.from, message);
      case 'seed':
        return this.#crew?.seed(message.stripes);
      case 'relay':
        return this.#crew?.renewed(message.username, message.credential);
      case 'error':
        console.info(`tracker: ${message.code}: ${message.message}`);
    }
  }

  #welcomed(peer: Peer, viewers: number, joined: Joined): void {
    this.#welcomedAt = performance.now();
    this.#pongs = 0;
    this.#askTime();
    this.#reporting = setInterval(() => this.#report(), REPORT_MS);
    this.#set({ connected: true, viewers, mayShare: null });
    this.#crew?.joined(joined, peer);
  }

  #askTime(): void {
    const started = performance.now();
    this.#ping = { at: Math.floor(started), askedAt: Date.now(), started };
    this.send({ t: 'ping', at: this.#ping.at });
    clearTimeout(this.#deadline);
    this.#deadline = setTimeout(() => this.#lost(), PONG_MS);
  }

  #pong(at: number, serverTimeMs: number): void {
    const ping = this.#ping;
    if (ping?.at !== at) return;
    this.#ping = null;
    clearTimeout(this.#deadline);
    const before = this.#clock.offsetMs;
    this.#clock.sample(ping.askedAt, performance.now() - ping.started, serverTimeMs);
    if (before !== this.#clock.offsetMs) this.changed();
    this.#pinging = setTimeout(() => this.#askTime(), ++this.#pongs < FIRST_PINGS ? FIRST_PING_MS : PING_MS);
  }

  #report(): void {
    const totals = this.#totals();
    this.send({ t: 'report', ...difference(totals, this.#reported) });
    this.#reported = totals;
  }

  #set(change: Partial<TrackerState>): void {
    this.#state = { ...this.#state, ...change };
    this.changed();
  }

  /** Ends what there is of a connection. Waiting for edges is over: no notice can come. */
  #drop(): void {
    this.#attempt++;
    for (const timer of [this.#deadline, this.#pinging, this.#reporting, this.#retry]) clearTimeout(timer);
    this.#ping = null;
    this.#socket?.close();
    this.#socket = null;
    this.#edges.silence();
    if (!this.connected) return;
    this.#set({ connected: false });
    this.#crew?.lost();
  }

  #lost(): void {
    if (this.connected && performance.now() - this.#welcomedAt > STEADY_MS) this.#failures = 0;
    this.#drop();
    const longest = Math.min(Math.max(this.#state.viewers * RETRY_MS_PER_VIEWER, RETRY_MS_LEAST), RETRY_MS_MAX);
    const wait = Math.min(RETRY_MS * 2 ** this.#failures++, longest);
    this.#retry = setTimeout(() => this.#begin(), wait * (0.5 + Math.random() / 2));
  }

  #leave(): void {
    this.send({ t: 'bye' });
    this.#drop();
  }
}

export const connectTracker: ConnectTracker = (options) => {
  return new Tracker(options, 'watch', () => ({ ...NOTHING, ...options.counts() }), null);
};
