// All connections to peers.
//
// What it is: one link per peer at most, made when the engine dials or when an introduced peer calls.
// Who calls it: body.ts, and the tracker connection with what it carried.
// What it owns: the links, and who was introduced.
// What it will never do: choose a peer; connect to one that the tracker did not name.
import type { Peer } from './bytes';
import { Link, fingerprintOf, type LinkKeeper } from './link';
import type { Signal } from './signal';
import { TYPE_BYE } from './wire';

/** Connections at once, also half-open ones: the engine keeps about 14 neighbours, and a browser has its limits. */
export const LINKS_MAX = 24;
/** Introductions that are remembered; the oldest lapse. */
export const INTRODUCED_MAX = 256;

/** What the links tell the body. */
export interface LinksBody {
  signal(peer: Peer, signal: Signal): void;
  up(peer: Peer): void;
  /** The end of up, or of a dial that failed. */
  down(peer: Peer): void;
  message(peer: Peer, message: Uint8Array<ArrayBuffer>): void;
  drained(peer: Peer, buffered: number): void;
}

export class Links implements LinkKeeper {
  /** How the tracker names this viewer to those who are introduced now. */
  self: Peer = '';
  /** The servers that new connections use: STUN and TURN of the same host as this page. */
  iceServers: RTCIceServer[] = [];
  /** What this viewer shows to all peers: by it they know an old neighbour that the tracker named anew. */
  readonly #certificates: RTCCertificate[];
  readonly #links = new Map<Peer, Link>();
  readonly #introduced = new Set<Peer>(); // oldest first
  readonly #body: LinksBody;
  readonly #connect: (configuration: RTCConfiguration) => RTCPeerConnection;

  constructor(
    body: LinksBody,
    certificates: RTCCertificate[] = [],
    connect = (configuration: RTCConfiguration) => new RTCPeerConnection(configuration),
  ) {
    this.#body = body;
    this.#certificates = certificates;
    this.#connect = connect;
  }

  /** Peers with an open connection. */
  get open(): readonly Peer[] {
    return [...this.#links.values()].filter((link) => link.open).map((link) => link.peer);
  }

  get all(): readonly Link[] {
    return [...this.#links.values()];
  }

  introduce(peer: Peer): void {
    this.#introduced.delete(peer); // to the end of the queue
    this.#introduced.add(peer);
    for (const oldest of this.#introduced) {
      if (this.#introduced.size <= INTRODUCED_MAX) break;
      this.#introduced.delete(oldest);
    }
  }

  /** The peer left the tracker. An open connection stays: it may only have lost its tracker, and the engine sees who is silent. */
  gone(peer: Peer): void {
    this.#introduced.delete(peer);
    const link = this.#links.get(peer);
    if (link && !link.open) link.fail();
  }

  /** Calls an introduced peer. up or down follows, unless the peer is connected or being connected already. */
  dial(peer: Peer): void {
    if (this.#links.has(peer)) return;
    if (!this.#introduced.has(peer) || !this.#begin(peer, true)) this.#body.down(peer);
  }

  /** Takes what the tracker carried from a peer. */
  hear(peer: Peer, signal: Signal): void {
    let link = this.#links.get(peer);
    if (signal.kind === 'offer' && this.#introduced.has(peer)) {
      if (this.#known(peer, fingerprintOf(signal.data))) return;
      // The tracker tells one side to call. Who calls us again lost the link that still looks open from here. If both were told to, neither
      // call would be answered: the one with the lower name gives up its own.
      if (link && (link.open || !link.dialed || this.self < peer)) link.fail();
      if (!this.#links.has(peer)) link = this.#begin(peer, false);
    }
    link?.hear(signal);
  }

  send(peer: Peer, message: Uint8Array<ArrayBuffer>): boolean {
    return this.#links.get(peer)?.send(message) ?? false;
  }

  /** Ends a connection; no down follows. */
  hangUp(peer: Peer): void {
    this.#links.get(peer)?.close();
    this.#links.delete(peer);
  }

  /** Says BYE to everybody and ends all connections before it returns. down follows for each if `tell`. */
  closeAll(tell: boolean): void {
    const links = [...this.#links.values()];
    this.#links.clear();
    for (const link of links) {
      link.send(Uint8Array.of(TYPE_BYE));
      link.close();
      if (tell) this.#body.down(link.peer);
    }
  }

  signal(peer: Peer, signal: Signal): void {
    this.#body.signal(peer, signal);
  }

  up(link: Link): void {
    this.#body.up(link.peer);
  }

  down(link: Link): void {
    if (this.#links.get(link.peer) === link) this.#links.delete(link.peer);
    this.#body.down(link.peer);
  }

  message(link: Link, message: Uint8Array<ArrayBuffer>): void {
    this.#body.message(link.peer, message);
  }

  drained(link: Link, buffered: number): void {
    this.#body.drained(link.peer, buffered);
  }

  /**
   * Whether the caller is connected already under another name: after its tracker connection, or the tracker itself, began
   * anew. Its call goes unanswered: a second link would carry everything twice.
   */
  #known(caller: Peer, fingerprint: string): boolean {
    if (fingerprint === '') return false;
    return [...this.#links.values()].some((link) => link.open && link.peer !== caller && link.fingerprint === fingerprint);
  }

  #begin(peer: Peer, dialed: boolean): Link | undefined {
    if (this.#links.size >= LINKS_MAX) return undefined;
    try {
      const connection = this.#connect({
        iceServers: this.iceServers, certificates: this.#certificates, bundlePolicy: 'max-bundle',
      });
      const link = new Link(peer, dialed, connection, this);
      this.#links.set(peer, link);
      if (dialed) void link.call();
      return link;
    } catch {
      return undefined; // the browser allows no more, or not these servers
    }
  }
}
