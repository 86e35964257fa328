// One connection to one peer: an RTCPeerConnection with one data channel in it.
//
// What it is: offer and answer, candidates in their order, the channel's messages, and one end that is told once.
// Who calls it: links.ts.
// What it owns: the RTCPeerConnection and its timers.
// What it will never do: look into a candidate, accept another channel or media, decide whom to call.
import type { Peer } from './bytes';
import type { Signal } from './signal';
import { Outbox, split } from './outbox';
import { LABEL, MESSAGE_MAX, PROTOCOL, TYPE_JOINED } from './wire';

/** From the first signal to an open channel. */
export const CONNECT_MS = 15_000;
/** A connection that lost its path may find it again for so long. */
export const LOST_MS = 8_000;
/** Candidates to and from one peer: browsers gather 2 to 8, and the tracker carries no more. */
export const CANDIDATES_MAX = 12;
/** A drop of the send buffer by so much is reported: about one piece. */
const DRAIN_STEP = 16 << 10;

/** What a link tells its keeper. */
export interface LinkKeeper {
  signal(peer: Peer, signal: Signal): void;
  up(link: Link): void;
  /** The end, told once and not after close(). */
  down(link: Link): void;
  message(link: Link, message: Uint8Array<ArrayBuffer>): void;
  drained(link: Link, buffered: number): void;
}

export class Link {
  readonly peer: Peer;
  /** We call them. */
  readonly dialed: boolean;
  /** Of the peer's certificate, once it described itself: the same for all its connections, under whatever names. */
  fingerprint = '';
  readonly #connection: RTCPeerConnection;
  readonly #keeper: LinkKeeper;
  readonly #outbox = new Outbox((message) => this.#send(message));
  #channel: RTCDataChannel | null = null;
  #up = false;
  #closing = false;
  #ended = false;
  #described = false;
  /** They called, too, and gave it up for ours: candidates before their answer are of that call. */
  #crossed = false;
  #candidates: RTCIceCandidateInit[] = [];
  #candidatesSent = 0;
  #candidatesHeard = 0;
  #deadline: ReturnType<typeof setTimeout> | undefined;

  constructor(peer: Peer, dialed: boolean, connection: RTCPeerConnection, keeper: LinkKeeper) {
    this.peer = peer;
    this.dialed = dialed;
    this.#connection = connection;
    this.#keeper = keeper;
    this.#within(CONNECT_MS);
    connection.onicecandidate = ({ candidate }) => this.#gathered(candidate);
    connection.ondatachannel = ({ channel }) => this.#offeredChannel(channel);
    connection.ontrack = () => this.fail();
    connection.onconnectionstatechange = () => this.#moved();
  }

  get open(): boolean {
    return this.#up && this.#channel?.readyState === 'open' && !this.#ended;
  }

  /** Bytes that wait in the send buffer. */
  get buffered(): number {
    return this.#channel?.bufferedAmount ?? 0;
  }

  /** What the browser counts of it; rejected where it does not. */
  async stats(): Promise<RTCStatsReport> {
    return this.#connection.getStats();
  }

  /** Takes what the tracker carried from the peer. */
  hear(signal: Signal): void {
    if (this.#ended) return;
    if (signal.kind === 'candidate') this.#heardCandidate(signal);
    else if ((signal.kind === 'answer') === this.dialed && !this.#described) void this.#describe(signal);
    else if (this.dialed && !this.#described) this.#crossed = true;
    // Anything else is an answer to nothing, or a second offer: the first one stands.
  }

  /** Sends a message, soon; what is sent is sent in order. False once the link is down. */
  send(message: Uint8Array<ArrayBuffer>): boolean {
    if (!this.open) return false;
    this.#outbox.add(message);
    return this.open;
  }

  #send(message: Uint8Array<ArrayBuffer>): void {
    const channel = this.#channel;
    if (!channel || !this.open) return;
    try {
      channel.send(message);
    } catch {
      if (!this.#closing) this.fail();
      return;
    }
    this.#watchDrain(channel);
  }

  /** Ends it without a word to the keeper. */
  close(): void {
    if (this.#ended) return;
    this.#closing = true;
    this.#outbox.flush(); // of what was said none is lost
    this.#ended = true;
    clearTimeout(this.#deadline);
    const connection = this.#connection;
    connection.onicecandidate = connection.ondatachannel = connection.ontrack = connection.onconnectionstatechange = null;
    if (this.#channel) this.#channel.onopen = this.#channel.onclose = this.#channel.onmessage = this.#channel.onbufferedamountlow = null;
    connection.close();
  }

  /** Ends it and tells the keeper. */
  fail(): void {
    if (this.#ended) return;
    this.close();
    this.#keeper.down(this);
  }

  /** Makes the channel and the offer. Called once, by the keeper of a dialed link. */
  async call(): Promise<void> {
    try {
      this.#adopt(this.#connection.createDataChannel(LABEL, { protocol: PROTOCOL, ordered: true }));
      const offer = await this.#connection.createOffer();
      await this.#connection.setLocalDescription(offer);
      this.#say({ kind: 'offer', data: offer.sdp ?? '', mid: '', line: 0 });
    } catch {
      this.fail();
    }
  }

  async #describe(signal: Signal): Promise<void> {
    this.#described = true;
    if (this.#crossed) {
      this.#candidates = [];
      this.#candidatesHeard = 0;
    }
    this.fingerprint = fingerprintOf(signal.data);
    try {
      if (!onlyData(signal.data)) return this.fail();
      await this.#connection.setRemoteDescription({ type: this.dialed ? 'answer' : 'offer', sdp: signal.data });
      if (!this.dialed) {
        const answer = await this.#connection.createAnswer();
        await this.#connection.setLocalDescription(answer);
        this.#say({ kind: 'answer', data: answer.sdp ?? '', mid: '', line: 0 });
      }
      const early = this.#candidates;
      this.#candidates = [];
      for (const candidate of early) this.#add(candidate);
    } catch {
      this.fail();
    }
  }

  #say(signal: Signal): void {
    if (!this.#ended) this.#keeper.signal(this.peer, signal);
  }

  #gathered(candidate: RTCIceCandidate | null): void {
    if (!candidate?.candidate || ++this.#candidatesSent > CANDIDATES_MAX) return;
    this.#say({ kind: 'candidate', data: candidate.candidate, mid: candidate.sdpMid ?? '', line: candidate.sdpMLineIndex ?? 0 });
  }

  #heardCandidate(signal: Signal): void {
    if (++this.#candidatesHeard > CANDIDATES_MAX) return;
    const candidate = { candidate: signal.data, sdpMid: signal.mid, sdpMLineIndex: signal.line };
    if (this.#connection.remoteDescription) this.#add(candidate);
    else this.#candidates.push(candidate);
  }

  #add(candidate: RTCIceCandidateInit): void {
    // One that this browser cannot use is no reason to end: another may do.
    this.#connection.addIceCandidate(candidate).catch(() => undefined);
  }

  #offeredChannel(channel: RTCDataChannel): void {
    const ordinary =
      !this.dialed && !this.#channel && channel.label === LABEL && channel.protocol === PROTOCOL && channel.ordered &&
      channel.maxRetransmits === null && channel.maxPacketLifeTime === null;
    if (ordinary) this.#adopt(channel);
    else this.fail();
  }

  #adopt(channel: RTCDataChannel): void {
    this.#channel = channel;
    channel.binaryType = 'arraybuffer';
    channel.onopen = () => this.dialed && this.#opened();
    channel.onclose = () => this.fail();
    channel.onmessage = ({ data }) => this.#received(data as unknown);
    channel.onbufferedamountlow = () => {
      this.#watchDrain(channel);
      this.#keeper.drained(this, channel.bufferedAmount);
    };
  }

  /**
   * Who was called speaks second: an answering Chromium calls a channel open a moment before it is, and what is sent in that moment is lost,
   * once in some hundred times on a busy machine.
   */
  #opened(): void {
    if (this.#ended || this.#up) return;
    this.#up = true;
    clearTimeout(this.#deadline);
    this.#keeper.up(this);
  }

  #received(data: unknown): void {
    if (this.#ended) return;
    if (!(data instanceof ArrayBuffer) || data.byteLength === 0 || data.byteLength > MESSAGE_MAX) return this.fail();
    const message = new Uint8Array(data);
    const messages = message[0] === TYPE_JOINED ? split(message) : [message];
    if (!messages) return this.fail();
    this.#opened();
    for (const each of messages) {
      if (this.#ended) return; // by what one of them led to
      this.#outbox.heard(each);
      this.#keeper.message(this, each);
    }
  }

  /** The event comes when the buffer falls past the threshold, so the threshold follows the buffer down. */
  #watchDrain(channel: RTCDataChannel): void {
    channel.bufferedAmountLowThreshold = Math.max(0, channel.bufferedAmount - DRAIN_STEP);
  }

  #moved(): void {
    const state = this.#connection.connectionState;
    if (state === 'failed' || state === 'closed') this.fail();
    else if (state === 'disconnected') this.#within(LOST_MS);
    else if (state === 'connected' && this.open) clearTimeout(this.#deadline);
  }

  #within(ms: number): void {
    clearTimeout(this.#deadline);
    this.#deadline = setTimeout(() => this.fail(), ms);
  }
}

/** The digest of the certificate that an SDP promises, or '' if it promises none. */
export function fingerprintOf(sdp: string): string {
  return /^a=fingerprint:(\S+ \S+)/m.exec(sdp)?.[1]?.toLowerCase() ?? '';
}

/** Whether an SDP has exactly one media section, for data. */
function onlyData(sdp: string): boolean {
  const sections = sdp.match(/^m=\S+/gm) ?? [];
  return sections.length === 1 && sections[0] === 'm=application';
}
