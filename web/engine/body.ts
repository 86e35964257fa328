// The browser's body of the engine: it does what the engine says, and says what came of it.
//
// What it is: one deed per output, and the mirror of Go's package peer.
// Who calls it: the mind (outputs), the company (what others did), index.ts (what the player asks).
// What it owns: one each of mind, store, company, origin; the wants, the parcels.
// What it will never do: decide what to fetch, send, believe or play. It keeps its own bounds, and nothing else.
import type { PartName, Playhead, SegmentName, SignedPart, SwarmOptions, SwarmStats } from '../player/swarm';
import { Ahead } from './ahead';
import { ORIGIN, type Peer } from './bytes';
import { Signatures, hashIs } from './checks';
import { Company, type Listener } from './company';
import type { Joined } from './join';
import { Mind, type Engine, type Performer } from './mind';
import { Origin } from './origin';
import { Own } from './own';
import { Parcels, cut } from './parcels';
import { SignedParts } from './signed';
import { Store } from './store';
import type { Claim, Input, Opened, Output, SignatureQuestion } from './tape';
import type { Tracker } from './tracker';
import { Wants } from './wants';
import { PIECE_HEADER, pieceMessage } from './wire';

/** Every track that a channel can have: eight. */
const ALL_TRACKS = 0xff;

type Message = Uint8Array<ArrayBuffer>;

export class Body implements Performer, Listener {
  readonly #company: Company;
  readonly #engine: Engine;
  readonly #store = new Store((part) => this.feed({ kind: 'Evicted', part }));
  readonly #parcels = new Parcels(this.#store, (opened, bytes) => this.#unpack(opened, bytes));
  readonly #origin: Origin;
  readonly #wants = new Wants();
  readonly #own = new Own();
  readonly #signed = new SignedParts((part) => this.#store.opened(part));
  readonly #signatures = new Signatures();
  readonly #ahead: Ahead | null; // of a recording
  #mind: Mind | null = null; // from the first welcome on
  #channel = '';
  #ended = false;
  #broken = false;
  #uplink: number;
  #seeds = 0; // the stripes that the tracker wants this viewer to fetch
  #follows = ALL_TRACKS; // bit t is track t
  #playhead: Playhead | null = null;

  constructor(options: SwarmOptions, engine: Engine, certificates: RTCCertificate[] = []) {
    this.#engine = engine;
    this.#uplink = options.uplink;
    this.#origin = new Origin(options.base, options.name, {
      piece: (part, piece, message) => this.arrived(ORIGIN, part, piece, message),
      here: (part, piece) => this.#store.holds(part, piece),
      awaited: (part) => this.#own.awaited(part),
      received: (bytes) => (this.#company.counts.totals.httpBytes += bytes),
      record: (record) => this.#company.record(record),
      done: (ref, failed) => this.feed({ kind: 'Fetched', ref, failed }),
    }, options.token);
    this.#company = new Company(options, certificates, this);
    this.#ahead = options.recording === undefined ? null : new Ahead(options.base, options.name, options.recording, (record) => this.#company.record(record));
    this.#store.recorded = this.#ahead !== null;
  }

  get tracker(): Tracker {
    return this.#company.tracker;
  }

  // What the player asks.

  want(part: PartName, signal: AbortSignal): Promise<ArrayBuffer | null> {
    if (!this.#mind || this.#ended) return Promise.resolve(null);
    signal.addEventListener('abort', () => this.#own.fetches(part, performance.now()), { once: true });
    return this.#wants.ask(part, signal, () => this.feed({ kind: 'Wanted', part }));
  }

  async segment(segment: SegmentName, signal: AbortSignal): Promise<ArrayBuffer | null> {
    if (signal.aborted) return null;
    this.#ahead?.plays(segment.track);
    const parts = this.#ahead && this.#store.segmentParts(segment);
    if (!parts) return this.#store.segment(segment);
    const pieces = await Promise.all(parts.map(({ part }) => this.want(part, signal)));
    return pieces.every((bytes) => bytes !== null) ? new Blob(pieces).arrayBuffer() : null;
  }

  signed(part: PartName, signal: AbortSignal): Promise<SignedPart | null> {
    return this.#ended ? Promise.resolve(null) : this.#signed.wait(part, signal);
  }

  offer(name: PartName | SegmentName, bytes: ArrayBuffer): void {
    if (!this.#mind || this.#ended) return;
    this.#parcels.offer(name, bytes, performance.now());
    if ('seq' in name) this.#own.has(name, performance.now());
    this.#origin.look();
  }

  setPlayhead(playhead: Playhead): void {
    this.#playhead = playhead;
    this.#store.head = playhead.wallMs;
    if (this.#mind && !this.#ended) void this.#ahead?.look(playhead.wallMs);
    this.feed({ kind: 'Playhead', ...playhead });
  }

  setUplink(bytesPerSecond: number): void {
    this.#uplink = bytesPerSecond;
    this.#aim();
    this.feed({ kind: 'Uplink', bytesPerSecond });
  }

  follow(tracks: readonly number[]): void {
    const follows = tracks.reduce((set, track) => set | (1 << track), 0) & ALL_TRACKS;
    if (follows === this.#follows || follows === 0 || this.#ended) return;
    this.#follows = follows;
    this.#company.follow(tracks); // before any word to neighbours: the records come from there
    this.#origin.follow(follows);
    this.feed({ kind: 'Following', tracks: follows });
  }

  stats(): SwarmStats {
    const { counts, size } = this.#company;
    const { receivedBytes, sentBytes, verified, refused, httpBytes } = counts.totals;
    return {
      ...this.tracker.state(), broken: this.#broken, peers: size, neighbours: counts.neighbours, httpBytes,
      peerBytes: receivedBytes, uploadBytes: sentBytes, wireBytes: this.#company.sentBytes, piecesVerified: verified, piecesRefused: refused,
    };
  }

  tape(): Uint8Array {
    return this.#mind?.tape() ?? new Uint8Array();
  }

  stop(): void {
    this.#end();
    this.tracker.stop();
  }

  // What the company says.

  joined(joined: Joined, self: Peer): void {
    const channel = joined.channel.join();
    if (!this.#mind) {
      this.#channel = channel;
      this.#bear(joined, self);
    } else if (channel !== this.#channel) {
      this.broke(new Error('the channel has another identity now'));
    } else {
      this.feed({ kind: 'Tracked', up: true });
    }
  }

  /** Tells the engine; nothing before it is born and after it broke. */
  feed(input: Input): void {
    if (input.kind === 'Seeding') {
      this.#seeds = input.stripes;
      this.#aim();
    }
    this.#mind?.feed(input);
  }

  arrived(from: Peer, part: PartName, piece: number, message: Message): void {
    if (!this.#mind || this.#ended) return;
    // Without room, or with one like it waiting, it is as if it had never come: the engine must not ask for what is not here.
    if (!this.#store.hold({ part, piece, from }, message, performance.now())) return;
    this.feed({ kind: 'Arrived', from, part, piece, size: message.length - PIECE_HEADER });
  }

  // What the engine says.

  perform(output: Output): void {
    switch (output.kind) {
      case 'Dial':
        return this.#company.dial(output.peer);
      case 'HangUp':
        return this.#company.hangUp(output.peer, output.why);
      case 'Say':
        return void this.#company.send(output.peer, output.data);
      case 'Send':
        return this.#send(output.peer, output.part, output.piece);
      case 'Fetch':
        return void this.#origin.fetch(output, this.#store.opened(output.part));
      case 'CheckPiece':
        return void this.#checkPiece(output, output.hash);
      case 'Forget':
        return void this.#store.take(output);
      case 'CheckSignature':
        return void this.#checkSignature(output);
      case 'Open':
        this.#store.open(output);
        this.#signed.opened(output);
        this.#origin.opened(output.part);
        this.tracker.moved(output.part.track, output.msn, output.index);
        return this.#parcels.opened(performance.now());
      case 'Play':
        return this.#wants.settle(output.part, () => this.#store.part(output.part));
      case 'Decline':
        this.#own.fetches(output.part, performance.now());
        return this.#wants.settle(output.part, () => null);
      case 'Evict':
        return this.#store.evict(output.part);
      case 'Able':
        return this.#company.able(output.slots);
      case 'Records':
        return this.#company.records(output.on);
      case 'FetchRecord':
        return void this.#origin.fetchRecord(output);
      case 'Position':
        return this.#company.at(output.wallMs);
      case 'Note':
        return; // the company counts for itself
    }
  }

  /** The engine is of no use any more: the player goes on over HTTP, and the page hears that nothing is shared. */
  broke(error: unknown): void {
    console.warn('shoal: sharing ended by itself.', error);
    this.#broken = true;
    this.#end();
    this.tracker.changed();
  }

  #bear({ channel }: Joined, self: Peer): void {
    if (this.#ended) return;
    const seed = crypto.getRandomValues(new Uint8Array(8));
    const wallMs = Date.now() + (this.tracker.state().clockOffsetMs ?? 0);
    try {
      this.#mind = new Mind(this.#engine, { self, channel, seed, wallMs, uplink: this.#uplink, recorded: this.#ahead !== null }, this);
    } catch (error) {
      return this.broke(error);
    }
    if (this.#follows !== ALL_TRACKS) this.feed({ kind: 'Following', tracks: this.#follows });
    if (this.#playhead) this.feed({ kind: 'Playhead', ...this.#playhead });
  }

  /** Who gives nothing fetches for nobody. */
  #aim(): void {
    this.#origin.seed(this.#uplink > 0 ? this.#seeds : 0);
  }

  #send(peer: Peer, part: PartName, piece: number): void {
    const message = this.#store.message(part, piece);
    if (message && this.#company.send(peer, message)) this.#company.counts.sent(peer, message.length - PIECE_HEADER);
  }

  async #checkPiece({ part, piece, from }: Claim, hash: Uint8Array): Promise<void> {
    const message = this.#store.take({ part, piece, from });
    const ok = message !== undefined && (await hashIs(message.subarray(PIECE_HEADER), hash));
    if (this.#ended) return;
    const { counts } = this.#company;
    if (!ok) counts.refused(from);
    else if (this.#store.keep(part, piece, message) && from !== ORIGIN) counts.received(from, message.length - PIECE_HEADER);
    this.feed({ kind: 'Checked', part, piece, from, ok });
  }

  async #checkSignature({ ref, key, signature, message }: SignatureQuestion): Promise<void> {
    this.feed({ kind: 'SignatureChecked', ref, ok: await this.#signatures.check(key, signature, message) });
  }

  /** Bytes that the player fetched take the way of a stranger's, piece by piece. */
  #unpack(opened: Opened, bytes: Uint8Array): void {
    cut(opened, bytes, (piece, some) => {
      if (!this.#store.holds(opened.part, piece)) this.arrived(ORIGIN, opened.part, piece, pieceMessage(opened.part, piece, some));
    });
  }

  #end(): void {
    this.#ended = true;
    this.#mind?.end();
    this.#company.leave();
    this.#origin.stop();
    this.#ahead?.stop();
    this.#wants.clear();
    this.#signed.clear();
    this.#parcels.clear();
    this.#store.clear();
  }
}
