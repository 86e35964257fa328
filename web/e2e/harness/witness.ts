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
  /** What the video element and the connections said: to explain what a test found. */
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
  const diary: string[] = [];
  const note = (what: string): void => {
    if (diary.length < 1_000) diary.push(`${(performance.now() / 1000).toFixed(2)} ${what}`);
  };
  const iceHosts = new Set<string>();
  const appended: Promise<string>[] = [];
  let sent = 0;

  const candidate = (line: string): string => line.split(' ').slice(2, 8).join(' ');
  const listen = (connection: RTCPeerConnection, i: number): void => {
    const say = (what: string): void => note(`connection ${i}: ${what}`);
    connection.addEventListener('signalingstatechange', () => say(connection.signalingState));
    connection.addEventListener('icegatheringstatechange', () => say(`gathering ${connection.iceGatheringState}`));
    connection.addEventListener('iceconnectionstatechange', () => say(`ice ${connection.iceConnectionState}`));
    connection.addEventListener('connectionstatechange', () => say(connection.connectionState));
    connection.addEventListener('icecandidate', (event) => say(`has candidate ${candidate(event.candidate?.candidate ?? '')}`));
    connection.addEventListener('icecandidateerror', (event) => say(`no candidate: ${event.url} ${event.errorCode} ${event.errorText}`));
    const add = connection.addIceCandidate.bind(connection);
    connection.addIceCandidate = async (line?: RTCIceCandidateInit | null) => {
      say(`hears candidate ${candidate(line?.candidate ?? '')}`);
      try {
        await add(line);
      } catch (error) {
        say(`does not take it: ${String(error)}`);
        throw error;
      }
    };
  };

  const Real = window.RTCPeerConnection;
  if (Real) {
    window.RTCPeerConnection = class extends Real {
      constructor(configuration?: RTCConfiguration) {
        super(configuration);
        connections.push(this);
        listen(this, connections.length);
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

  let lag = 0; // longest that the page did not get round to anything since the last entry, in milliseconds
  let ticked = performance.now();
  setInterval(() => {
    lag = Math.max(lag, performance.now() - ticked - 50);
    ticked = performance.now();
  }, 50);
  for (const name of ['loadeddata', 'waiting', 'playing', 'pause', 'seeking', 'seeked', 'ended', 'error', 'ratechange']) {
    document.addEventListener(name, ({ target }) => {
      if (!(target instanceof HTMLVideoElement)) return;
      const ranges = Array.from({ length: target.buffered.length }, (_, i) => `${target.buffered.start(i).toFixed(2)}-${target.buffered.end(i).toFixed(2)}`);
      note(`${name} at ${target.currentTime.toFixed(2)} has ${ranges.join(' ')} rate ${target.playbackRate} lag ${lag.toFixed(0)}`);
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
