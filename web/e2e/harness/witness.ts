// What a page really did, seen from below it: peer connections made, bytes sent to others, bytes given to the player.
//
// What it is: code that runs in the page before any of the page's own.
// Who calls it: harness/viewer.ts puts it there and asks it.
// What it owns: window.witness.
// What it will never do: change what the page sees.

export interface Testimony {
  /** Connections ever made, and those that are not closed. */
  readonly made: number;
  readonly open: number;
  /** How each connection that is up gets through: the types of candidates at this end and the other. */
  readonly paths: readonly string[];
  /** Host names of all STUN and TURN servers that were named. */
  readonly iceHosts: readonly string[];
  /** Bytes given to data channels. */
  readonly sent: number;
  /** SHA-256 of everything that was appended to a source buffer, in order. */
  readonly appended: readonly string[];
  /** What the video element said, with what it had: to explain a stall that a test found. */
  readonly diary: readonly string[];
}

declare global {
  interface Window {
    witness?: { tell(): Promise<Testimony> };
  }
}

/** Runs in the page: it can use nothing of this module. */
export function testify(): void {
  const connections: RTCPeerConnection[] = [];
  const iceHosts = new Set<string>();
  const appended: Promise<string>[] = [];
  let sent = 0;

  const Real = window.RTCPeerConnection;
  if (Real) {
    window.RTCPeerConnection = class extends Real {
      constructor(configuration?: RTCConfiguration) {
        super(configuration);
        connections.push(this);
        for (const url of (configuration?.iceServers ?? []).flatMap((server) => server.urls)) {
          iceHosts.add(url.replace(/^[a-z]+:/, '').replace(/\?.*$/, '').replace(/:\d+$/, ''));
        }
      }
    };
    const send = RTCDataChannel.prototype.send;
    RTCDataChannel.prototype.send = function (this: RTCDataChannel, data: string | Blob | ArrayBuffer | ArrayBufferView<ArrayBuffer>) {
      sent += typeof data === 'string' ? data.length : data instanceof Blob ? data.size : data.byteLength;
      send.call(this, data as ArrayBufferView<ArrayBuffer>);
    };
  }

  const append = SourceBuffer.prototype.appendBuffer;
  SourceBuffer.prototype.appendBuffer = function (this: SourceBuffer, data: BufferSource) {
    const copy = data instanceof ArrayBuffer ? data.slice(0) : data.buffer.slice(data.byteOffset, data.byteOffset + data.byteLength);
    appended.push(crypto.subtle.digest('SHA-256', copy).then((digest) =>
      [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, '0')).join('')));
    append.call(this, data);
  };

  const diary: string[] = [];
  let lag = 0; // longest that the page did not get round to anything since the last entry, in milliseconds
  let ticked = performance.now();
  setInterval(() => {
    lag = Math.max(lag, performance.now() - ticked - 50);
    ticked = performance.now();
  }, 50);
  for (const name of ['loadeddata', 'waiting', 'playing', 'pause', 'seeking', 'seeked', 'ended', 'error', 'ratechange']) {
    document.addEventListener(name, ({ target }) => {
      if (!(target instanceof HTMLVideoElement) || diary.length >= 500) return;
      const ranges = Array.from({ length: target.buffered.length }, (_, i) => `${target.buffered.start(i).toFixed(2)}-${target.buffered.end(i).toFixed(2)}`);
      diary.push(`${(performance.now() / 1000).toFixed(2)} ${name} at ${target.currentTime.toFixed(2)} has ${ranges.join(' ')} rate ${target.playbackRate} lag ${lag.toFixed(0)}`);
      lag = 0;
    }, { capture: true });
  }

  const path = async (connection: RTCPeerConnection): Promise<string[]> => {
    if (connection.connectionState !== 'connected') return [];
    const stats = new Map<string, Record<string, unknown>>();
    (await connection.getStats()).forEach((entry: { id: string }) => stats.set(entry.id, entry as unknown as Record<string, unknown>));
    const type = (end: unknown): unknown => stats.get(String(end))?.['candidateType'];
    return [...stats.values()].filter((entry) => entry['type'] === 'transport').flatMap((transport) => {
      const pair = stats.get(String(transport['selectedCandidatePairId']));
      return pair ? [`${type(pair['localCandidateId'])} to ${type(pair['remoteCandidateId'])}`] : [];
    });
  };

  window.witness = {
    tell: async () => ({
      paths: (await Promise.all(connections.map(path))).flat(),
      made: connections.length,
      open: connections.filter((connection) => connection.signalingState !== 'closed').length,
      iceHosts: [...iceHosts],
      sent,
      appended: await Promise.all(appended),
      diary,
    }),
  };
}
