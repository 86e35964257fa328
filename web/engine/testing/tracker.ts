// A stand-in for the tracker's side: the join request and the WebSocket.
//
// What it is: answers fetch and WebSocket as stubbed globals, records what the viewer says.
// Who calls it: tests.
// What it owns: nothing.
// What it will never do: open a socket.
import { vi } from 'vitest';

export class FakeTracker {
  joins: string[] = []; // bodies
  refuse: number | null = null; // a status to refuse joins with
  sockets: FakeSocket[] = [];
  serverTimeMs = 0;
  answersPings = true;
  channel = 'a'.repeat(52);
  /** Answers requests other than joins. */
  media: (url: string, init: RequestInit) => Response = () => new Response('', { status: 404 });

  install(): void {
    vi.stubGlobal('WebSocket', socketClass(this));
    vi.stubGlobal('fetch', (url: string, init: RequestInit) => {
      if (!url.endsWith('/join')) return Promise.resolve(this.media(url, init));
      this.joins.push(String(init.body));
      if (this.refuse !== null) return Promise.resolve(new Response('{}', { status: this.refuse }));
      return Promise.resolve(Response.json({
        token: `token${this.joins.length}`, peer: '00000000000000a1', tracker: '/api/v1/tracker', ice: [], channel: this.channel,
        serverTimeMs: this.serverTimeMs,
      }));
    });
  }

  get socket(): FakeSocket {
    const socket = this.sockets.at(-1);
    if (!socket) throw new Error('no connection was made');
    return socket;
  }
}

export class FakeSocket {
  readyState = 0;
  binaryType = '';
  onopen: (() => void) | null = null;
  onclose: (() => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  readonly said: Record<string, unknown>[] = [];

  constructor(readonly url: string, readonly protocol: string, readonly tracker: FakeTracker) {}

  send(text: string): void {
    const message = JSON.parse(text) as Record<string, unknown>;
    this.said.push(message);
    if (message.t === 'ping' && this.tracker.answersPings) {
      queueMicrotask(() => this.tell({ t: 'pong', at: message.at, serverTimeMs: this.tracker.serverTimeMs }));
    }
  }

  close(): void {
    this.readyState = 3;
  }

  /** Opens and welcomes. */
  welcome(): void {
    this.readyState = 1;
    this.onopen?.();
    this.tell({ t: 'welcome', peer: '00000000000000a1', viewers: 1, serverTimeMs: 0 });
  }

  tell(message: object): void {
    this.onmessage?.({ data: JSON.stringify(message) });
  }

  push(...bytes: number[]): void {
    this.onmessage?.({ data: Uint8Array.from(bytes).buffer });
  }

  end(): void {
    this.readyState = 3;
    this.onclose?.();
  }

  of(type: string): Record<string, unknown>[] {
    return this.said.filter((message) => message.t === type);
  }
}

function socketClass(tracker: FakeTracker): unknown {
  return class extends FakeSocket {
    static readonly OPEN = 1;
    constructor(url: URL, protocol: string) {
      super(url.href, protocol, tracker);
      tracker.sockets.push(this);
    }
  };
}
