// What a page shows and takes in, seen from below it: the same for every engine, which knows nothing of it.
//
// What it is: code that runs in the page before any of the page's own.
// Who calls it: browsers.ts puts it there and asks it.
// What it owns: window.benchWitness.
// What it will never do: ask the player or the engine anything.

/** A reading of the clock in the picture. */
export interface Sample {
  /** When the frame came on screen, in milliseconds since 1970. */
  readonly at: number;
  /** How old it was then, in milliseconds. */
  readonly age: number;
}

/** All is counted since the page was opened; times are milliseconds since then. */
export interface Testimony {
  readonly firstFrame: number | null;
  /** First media over a data channel: from the viewer's yes on, or from the first frame where the yes came before. */
  readonly firstFromPeer: number | null;
  readonly stalls: number;
  readonly stalledMs: number;
  /** Leaps of the picture's own time, forwards or back. */
  readonly jumps: number;
  readonly samples: readonly Sample[];
  /** Readings that failed. */
  readonly unread: number;
  /** Bytes given to source buffers. */
  readonly appended: number;
  /** Bytes that came over data channels: in messages large enough to be media, and in small ones. */
  readonly fromPeers: number;
  readonly peerTalk: number;
  /** Peer connections ever made. */
  readonly connections: number;
  /** Now: data channels that are open, and whether a WebSocket is open over which something came. */
  readonly links: number;
  readonly told: boolean;
  /** What was asked for before the first frame: path, when it was asked, when all of it was there. */
  readonly steps: readonly (readonly [path: string, asked: number, there: number])[];
}

export interface WitnessOrders {
  readonly epochMs: number;
  readonly bits: number;
  readonly block: number;
  readonly left: number;
  readonly width: number;
  readonly withoutWebRtc: boolean;
}

declare global {
  interface Window {
    benchWitness?: { tell(): Testimony };
  }
}

/** Runs in the page: it can use nothing of this module. `read` is readBlocks of clock.ts, as text. */
export function testify(orders: WitnessOrders, read: (brightness: number[]) => number | null): void {
  const SAMPLE_EVERY_MS = 500;
  const LOOK_MS = 50;
  const STALL_MS = 150; // three looks: standing still for longer can be seen
  const JUMP_S = 0.3;
  const MEDIA_LEAST = 1024; // pieces and segments come in larger messages, but for their ends; all else in smaller ones
  const SAMPLES_MAX = 4000;
  const STEPS_MAX = 40;

  const told = { stalls: 0, stalledMs: 0, jumps: 0, unread: 0, appended: 0, fromPeers: 0, peerTalk: 0, connections: 0 };
  const samples: { at: number; age: number }[] = [];
  let firstFrame: number | null = null;
  let firstFromPeer: number | null = null;

  let pressed: number | null = null; // the first press on the page is the yes: the bench presses nothing else
  addEventListener('click', () => (pressed ??= performance.now()), { capture: true });

  const append = SourceBuffer.prototype.appendBuffer;
  SourceBuffer.prototype.appendBuffer = function (this: SourceBuffer, data: BufferSource) {
    told.appended += data.byteLength;
    append.call(this, data);
  };

  const links = new Set<RTCDataChannel>();
  const hear = (channel: RTCDataChannel): void => {
    channel.addEventListener('open', () => links.add(channel));
    channel.addEventListener('close', () => links.delete(channel));
    channel.addEventListener('message', count);
  };
  const count = ({ data }: MessageEvent<unknown>): void => {
    const size = data instanceof ArrayBuffer ? data.byteLength : data instanceof Blob ? data.size : String(data).length;
    if (size < MEDIA_LEAST) told.peerTalk += size;
    else {
      told.fromPeers += size;
      if (firstFrame !== null) firstFromPeer ??= performance.now() - (pressed ?? firstFrame);
    }
  };
  const Real = window.RTCPeerConnection;
  if (orders.withoutWebRtc) {
    Reflect.deleteProperty(window, 'RTCPeerConnection');
    Reflect.deleteProperty(window, 'webkitRTCPeerConnection');
  } else {
    window.RTCPeerConnection = class extends Real {
      constructor(configuration?: RTCConfiguration) {
        super(configuration);
        told.connections++;
        this.addEventListener('datachannel', ({ channel }) => hear(channel));
      }
      override createDataChannel(label: string, options?: RTCDataChannelInit): RTCDataChannel {
        const channel = super.createDataChannel(label, options);
        hear(channel);
        return channel;
      }
    };
  }

  let heard: WebSocket | null = null; // the newest one over which something came: engines have one, to their tracker
  window.WebSocket = class extends WebSocket {
    constructor(url: string | URL, protocols?: string | string[]) {
      super(url, protocols);
      this.addEventListener('message', () => (heard = this), { once: true });
    }
  };

  const canvas = document.createElement('canvas');
  canvas.width = orders.bits;
  canvas.height = 1;
  const paper = canvas.getContext('2d', { willReadFrequently: true });
  const readClock = (video: HTMLVideoElement, shownAt: number): void => {
    if (!paper || samples.length >= SAMPLES_MAX) return;
    const scale = video.videoWidth / orders.width;
    const { bits, block, left } = orders;
    // The middle half of the blocks' height; across, scaling takes each block's middle.
    paper.drawImage(video, left * scale, block / 4 * scale, bits * block * scale, block / 2 * scale, 0, 0, bits, 1);
    const { data } = paper.getImageData(0, 0, bits, 1);
    const clock = read(Array.from({ length: bits }, (_, bit) => ((data[bit * 4] ?? 0) + (data[bit * 4 + 1] ?? 0) + (data[bit * 4 + 2] ?? 0)) / 3));
    const at = performance.timeOrigin + shownAt;
    if (clock === null) told.unread++;
    else samples.push({ at, age: at - orders.epochMs - clock });
  };

  let video: HTMLVideoElement | null = null;
  let time = 0;
  let moved = 0; // when the picture's time was seen to move
  let standing = false;
  let looked = 0;
  const look = (): void => {
    const found = document.querySelector('video');
    if (found && found !== video) watch(found);
    const now = performance.now();
    if (!video || firstFrame === null || video.paused) {
      looked = moved = now;
      return;
    }
    const gone = video.currentTime - time;
    if (gone !== 0) {
      if (standing) told.stalledMs += now - moved;
      standing = false;
      // At most as much as the clock allows, at any speed that players use, and one look more.
      if (gone < -JUMP_S || gone > (now - looked) / 1000 * 1.2 + JUMP_S) told.jumps++;
      moved = now;
    } else if (!standing && now - moved >= STALL_MS) {
      standing = true;
      told.stalls++;
    }
    time = video.currentTime;
    looked = now;
  };
  const watch = (found: HTMLVideoElement): void => {
    video = found;
    let due = 0;
    const frame = (now: number, { expectedDisplayTime }: VideoFrameCallbackMetadata): void => {
      if (found !== video) return;
      firstFrame ??= now;
      if (now >= due) {
        due = now + SAMPLE_EVERY_MS;
        readClock(found, expectedDisplayTime);
      }
      found.requestVideoFrameCallback(frame);
    };
    found.requestVideoFrameCallback(frame);
  };
  setInterval(look, LOOK_MS);

  const steps = (): [string, number, number][] => {
    const asked = performance.getEntriesByType('resource') as PerformanceResourceTiming[];
    return asked.filter(({ startTime }) => firstFrame === null || startTime < firstFrame).slice(0, STEPS_MAX)
      .map(({ name, startTime, responseEnd }) => [new URL(name).pathname, Math.round(startTime), Math.round(responseEnd)]);
  };

  window.benchWitness = {
    tell: () => ({
      ...told, stalledMs: told.stalledMs + (standing ? performance.now() - moved : 0), firstFrame, firstFromPeer, samples: [...samples], steps: steps(),
      links: [...links].filter(({ readyState }) => readyState === 'open').length, told: heard?.readyState === WebSocket.OPEN,
    }),
  };
}
