// The others: tracker and peers, as the engine is to hear of them.
//
// What it is: the ears and the mouth of the body. What tracker and links say becomes inputs, each sender's in its order.
// Who calls it: body.ts; the tracker connection and the links call back.
// What it owns: tracker connection, links, a lane per sender, the counts.
// What it will never do: read a message further than to tell a piece and a record from the rest.
import type { PartName, SwarmOptions } from '../player/swarm';
import { ORIGIN, type Peer } from './bytes';
import { Digests } from './checks';
import { Counts } from './counts';
import type { Joined } from './join';
import { Lane } from './lane';
import type { Link } from './link';
import { Links, type LinksBody } from './links';
import { Overhead } from './overhead';
import { LINKED_MAX, NOTHING, type Report, type Signal } from './signal';
import { POLLUTED, type Input } from './tape';
import { Tracker, type Crew } from './tracker';
import { TYPE_MANIFEST, TYPE_PIECE, parsePiece } from './wire';

/** Below so many connections, and while more viewers share, the tracker is asked for further introductions. */
const NEIGHBOURS_LOW = 6;
const LONELY_MS = 10_000;

type Message = Uint8Array<ArrayBuffer>;

/** What the company tells the body. */
export interface Listener {
  /** The tracker let this viewer in: again after each reconnect, under another name. */
  joined(joined: Joined, self: Peer): void;
  feed(input: Input): void;
  arrived(from: Peer, part: PartName, piece: number, message: Message): void;
}

export class Company implements LinksBody, Crew {
  readonly counts = new Counts();
  readonly tracker: Tracker;
  readonly #links: Links;
  readonly #overhead: Overhead<Link>;
  readonly #digests = new Digests();
  readonly #body: Listener;
  readonly #options: SwarmOptions;
  readonly #lanes = new Map<Peer, Lane>();
  readonly #page = new AbortController();
  readonly #lonely: ReturnType<typeof setInterval>;
  #left = false;
  #follows: readonly number[] | null = null; // all tracks
  #slots = 0; // what the engine last said of this viewer's uplink

  constructor(options: SwarmOptions, certificates: RTCCertificate[], body: Listener) {
    this.#links = new Links(this, certificates);
    this.#overhead = new Overhead(() => this.#links.all, ({ peer }) => this.counts.sentTo(peer), (bytes) => body.feed({ kind: 'Overhead', bytes }));
    this.#options = options;
    this.#body = body;
    this.tracker = new Tracker(options, 'share', () => this.#totals(), this);
    this.#lonely = setInterval(() => this.#askForMore(), LONELY_MS);
    globalThis.addEventListener?.('pagehide', () => this.#links.closeAll(true), { signal: this.#page.signal });
  }

  /** Bytes that went out to others in all: pieces, and what else that took, as far as the browser tells. */
  get sentBytes(): number {
    return this.counts.totals.sentBytes + this.#overhead.bytes;
  }

  /** How many connections are open. */
  get size(): number {
    return this.#links.open.length;
  }

  // What the engine wants said and done.

  dial(peer: Peer): void {
    this.#links.dial(peer);
  }

  hangUp(peer: Peer, why: number): void {
    if (why === POLLUTED) this.tracker.send({ t: 'refused', peer });
    this.#links.hangUp(peer);
    this.#parted(peer);
  }

  /** Sends a message. False if the peer is gone: then the engine hears so anyway. */
  send(peer: Peer, message: Message): boolean {
    return this.#links.send(peer, message);
  }

  /** Ends every peer connection before it returns. The tracker connection is its own. */
  leave(): void {
    this.#left = true;
    this.#page.abort();
    clearInterval(this.#lonely);
    this.#overhead.stop();
    this.#links.closeAll(false);
    for (const lane of this.#lanes.values()) lane.close();
    this.#lanes.clear();
  }

  // What the tracker says.

  joined(joined: Joined, self: Peer): void {
    if (this.#left) return;
    // Connections stay while the tracker is away, and neighbours go on knowing this viewer by the name under which they
    // met. Who is met from now on learns the new name, and links.ts knows old neighbours by their certificate. So a
    // reconnect only adds introductions.
    this.#links.self = self;
    this.#links.iceServers = joined.ice;
    if (this.#follows) this.follow(this.#follows); // first: records and introductions are by what is followed
    this.#body.joined(joined, self);
    this.#linked();
    if (this.#slots > 0) this.able(this.#slots);
  }

  lost(): void {
    this.#body.feed({ kind: 'Tracked', up: false });
  }

  introduced(peer: Peer, dial: boolean, near: boolean): void {
    this.#links.introduce(peer);
    this.#body.feed({ kind: 'Introduced', peer, dial, near });
  }

  gone(peer: Peer): void {
    this.#links.gone(peer);
  }

  carried(from: Peer, signal: Signal): void {
    if (!this.#left) this.#links.hear(from, signal);
  }

  seed(stripes: number): void {
    this.#body.feed({ kind: 'Seeding', stripes });
  }

  /** Of use to connections to come: those that there are go on with what they have. */
  renewed(username: string, credential: string): void {
    const links = this.#links;
    links.iceServers = links.iceServers.map((server) => (server.username ? { ...server, username, credential } : server));
  }

  record(record: Message): void {
    this.#lane(ORIGIN).push(() => this.#offered(ORIGIN, record));
  }

  // What the links say.

  signal(peer: Peer, signal: Signal): void {
    this.tracker.send({ t: 'signal', to: peer, kind: signal.kind, data: signal.data, mid: signal.mid, line: signal.line });
  }

  up(peer: Peer): void {
    this.counts.met(peer);
    this.#body.feed({ kind: 'PeerUp', peer });
    this.#linked();
  }

  down(peer: Peer): void {
    this.#parted(peer);
    this.#body.feed({ kind: 'PeerDown', peer });
  }

  drained(peer: Peer, buffered: number): void {
    this.#body.feed({ kind: 'Drained', peer, buffered });
  }

  message(peer: Peer, message: Message): void {
    if (!this.#lane(peer).push(() => this.#said(peer, message))) this.#drop(peer);
  }

  #said(peer: Peer, message: Message): Promise<void> | undefined {
    if (message[0] === TYPE_MANIFEST) return this.#offered(peer, message.subarray(1));
    if (message[0] !== TYPE_PIECE) {
      this.#body.feed({ kind: 'Said', peer, data: message });
      return undefined;
    }
    const name = parsePiece(message);
    if (name) this.#body.arrived(peer, name.part, name.piece, message);
    else this.#drop(peer);
    return undefined;
  }

  /** Feeds a record with its digest. What the same sender says meanwhile waits in its lane. */
  async #offered(from: Peer, data: Message): Promise<void> {
    this.#body.feed({ kind: 'Offered', from, digest: await this.#digests.of(data), data });
  }

  #drop(peer: Peer): void {
    this.#links.hangUp(peer);
    this.down(peer);
  }

  /** The player has turned to other tracks. */
  follow(tracks: readonly number[]): void {
    this.#follows = tracks;
    this.tracker.send({ t: 'follow', tracks });
  }

  /** The engine has learned how much this viewer can give away. */
  able(slots: number): void {
    this.#slots = slots;
    this.tracker.send({ t: 'able', slots });
  }

  /** Whether the tracker is to send the records of new parts: the engine may have them from peers. */
  records(on: boolean): void {
    this.tracker.send({ t: 'records', from: on ? 'tracker' : 'peers' });
  }

  /** Where in a recording this viewer plays: others are introduced who have been there. */
  at(wallMs: number): void {
    if (wallMs >= 0) this.tracker.send({ t: 'at', ms: Math.floor(wallMs) });
  }

  #parted(peer: Peer): void {
    this.counts.left(peer);
    this.#lanes.get(peer)?.close();
    this.#lanes.delete(peer);
    this.#linked();
  }

  #lane(sender: Peer): Lane {
    let lane = this.#lanes.get(sender);
    if (!lane) this.#lanes.set(sender, (lane = new Lane()));
    return lane;
  }

  #linked(): void {
    this.tracker.send({ t: 'linked', peers: Math.min(this.size, LINKED_MAX) });
    this.tracker.changed();
  }

  /** The first viewer of a channel is introduced to nobody; later ones are, on request. */
  #askForMore(): void {
    const others = this.tracker.state().sharing - 1;
    if (this.size < Math.min(NEIGHBOURS_LOW, others)) this.tracker.send({ t: 'more' });
  }

  #totals(): Report {
    const { receivedBytes, sentBytes, verified, refused, httpBytes } = this.counts.totals;
    const player = this.#options.counts();
    return {
      ...NOTHING, verified, refused, peerBytes: receivedBytes, uploadBytes: sentBytes,
      httpBytes: player.httpBytes + httpBytes, stalls: player.stalls, stalledMs: player.stalledMs,
    };
  }
}
