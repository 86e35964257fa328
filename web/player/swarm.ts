// What the player asks of the swarm, and of the tracker. web/engine fulfils these; web/player never imports it.
//
// What it is: interfaces and the words in them.
// Who calls it: web/player and web/app (they ask), web/engine (it answers).
// What it owns: nothing.
// What it will never do: hold code. Every number is a plain number: epochs and sequence numbers stay far below 2^53.

/** One part of one track, as in /hls/NAME/EPOCH/TRACK/p{SEQ}.m4s. */
export interface PartName {
  readonly epoch: number;
  readonly track: number;
  readonly seq: number;
}

/** One whole segment of one track, as in /hls/NAME/EPOCH/TRACK/s{MSN}.m4s. */
export interface SegmentName {
  readonly epoch: number;
  readonly track: number;
  readonly msn: number;
}

/**
 * Where the player asks for media before it goes to the server itself.
 * A promise never rejects for want of bytes: null is "fetch it yourself, now". When `signal` aborts, the promise settles
 * (with null) at once. The buffer that is handed out is the asker's own: it may be transferred to a worker.
 */
export interface PartSource {
  want(part: PartName, signal: AbortSignal): Promise<ArrayBuffer | null>;
  segment(segment: SegmentName, signal: AbortSignal): Promise<ArrayBuffer | null>;
  /** Bytes that the player fetched over plain HTTP: to be verified and, if they are what was signed, shared. Copy to keep. */
  offer(part: PartName, bytes: ArrayBuffer): void;
  offerSegment(segment: SegmentName, bytes: ArrayBuffer): void;
}

/** Who knows when a part is out, so that no playlist request has to be held open at the server. */
export interface EdgeSource {
  /** Whether notices arrive now. When false the player holds blocking reloads open as any LL-HLS player does. */
  readonly connected: boolean;
  /**
   * True once part `part` (from 0) of segment `msn` of `track`, or a later one, is out: at once if it is out already.
   * False when the connection ends or `signal` aborts; it never rejects. `part` < 0 means: any part of that segment.
   */
  waitFor(track: number, msn: number, part: number, signal: AbortSignal): Promise<boolean>;
}

/** What is signed of a part, as far as a media playlist says it. */
export interface SignedPart {
  readonly part: PartName;
  readonly msn: number;
  readonly index: number; // in its segment
  readonly durationUs: number;
  readonly wallMs: number; // of its first sample
  readonly init: string; // the first 32 hexadecimal digits of its init segment's SHA-256: that segment's name
  readonly independent: boolean;
  readonly discontinuity: boolean;
}

/** Who has the records of parts: playlists are made of them. */
export interface RecordSource {
  /** The part, once its record is there: at once if it is there already. Null when `signal` aborts; it never rejects. */
  signed(part: PartName, signal: AbortSignal): Promise<SignedPart | null>;
}

/** What the player counts since the page was opened. The tracker client sends the differences in its reports. */
export interface PlayerCounts {
  readonly httpBytes: number; // media bytes that the player itself fetched from the server
  readonly stalls: number;
  readonly stalledMs: number;
}

/** What the tracker connection tells everybody. */
export interface TrackerState {
  readonly connected: boolean;
  readonly viewers: number;
  readonly sharing: number; // viewers who share
  readonly ended: boolean; // the broadcast was said to be over; false again at the next edge
  readonly mayShare: boolean | null; // the channel's viewers; null: nothing was said of it since it connected
  readonly clockOffsetMs: number | null; // server clock minus Date.now(); null until measured
}

export interface TrackerOptions {
  readonly name: string; // the channel's name, as in the address
  readonly base: string; // '' on the same origin
  readonly token?: string; // the pass to a private channel
  readonly recording?: number; // the epoch of the recording that is played; without it, what is live
  readonly counts: () => PlayerCounts;
}

/** A tracker connection of a viewer who watches only. It connects by itself and comes back by itself (with a new join). */
export interface TrackerLink extends EdgeSource {
  state(): TrackerState;
  /** Calls `listener` after a change of state(); returns its removal. Not called for edges. */
  onChange(listener: () => void): () => void;
  stop(): void;
}

/** web/engine/tracker.ts exports this as `connectTracker`. It returns at once. No WASM, no RTCPeerConnection. */
export type ConnectTracker = (options: TrackerOptions) => TrackerLink;

export interface SwarmOptions extends TrackerOptions {
  /** Bytes a second that may be sent to others; 0 receives only. The page may change it with setUplink. */
  readonly uplink: number;
}

/** One neighbour, counted since it was met. */
export interface Neighbour {
  readonly peer: string; // 16 hexadecimal digits; never shown to people
  readonly receivedBytes: number; // verified media bytes from it
  readonly sentBytes: number; // media bytes to it
  readonly verified: number; // pieces
  readonly refused: number; // pieces
}

/** Everything is counted since startSwarm; the counts of neighbours that left stay in the totals. */
export interface SwarmStats extends TrackerState {
  readonly broken: boolean; // the engine ended by itself, for want of memory perhaps: nothing is shared any more
  readonly peers: number; // open peer connections
  readonly neighbours: readonly Neighbour[]; // the open ones
  readonly peerBytes: number; // verified media bytes from peers
  readonly httpBytes: number; // media bytes that the engine itself asked of the server (seeding, rescues)
  readonly uploadBytes: number; // media bytes sent to peers
  readonly wireBytes: number; // all that went out to peers, headers included
  readonly piecesVerified: number;
  readonly piecesRefused: number;
}

/** Where the player is, told about once a second and at every jump. */
export interface Playhead {
  readonly wallMs: number; // program date time of the frame on screen
  readonly bufferMs: number; // how far the buffer reaches ahead of it
  readonly playing: boolean; // false: paused or ended; nothing is uploaded then. A hidden tab plays on
}

/** A viewer who shares: engine, peer connections and its own tracker connection (mode "share"). */
export interface Swarm extends PartSource, EdgeSource, RecordSource {
  stats(): SwarmStats;
  onChange(listener: () => void): () => void;
  setPlayhead(playhead: Playhead): void;
  setUplink(bytesPerSecond: number): void;
  /** What the engine was last told, for a diagnosis that the viewer copies; also after stop(). Empty while it was told nothing. */
  tape(): Uint8Array;
  /** The tracks that the player plays from now on, ascending, at least one; all of them until it is said. */
  follow(tracks: readonly number[]): void;
  /** Ends sharing: every peer connection is closed before it returns. Open wants answer null. */
  stop(): void;
}

/**
 * web/engine/index.ts exports this as `startSwarm`. Called only after a yes and after the first frame. It resolves when the
 * engine runs (peers may come later) and rejects if it cannot (no WASM, no WebRTC, no Ed25519): the player then goes on
 * without, so the message is for the diagnosis panel only.
 */
export type StartSwarm = (options: SwarmOptions) => Promise<Swarm>;
