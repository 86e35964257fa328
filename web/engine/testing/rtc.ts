// A stand-in for RTCPeerConnection, moved by hand.
//
// What it is: records what is asked of it; the test says what happens.
// Who calls it: tests of link.ts and links.ts; the real thing is tried in e2e.
// What it owns: nothing.
// What it will never do: connect.

export const SDP = 'v=0\r\nm=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n';

export class FakeChannel {
  readyState = 'connecting';
  bufferedAmount = 0;
  bufferedAmountLowThreshold = 0;
  binaryType = '';
  maxRetransmits: number | null = null;
  maxPacketLifeTime: number | null = null;
  onopen: (() => void) | null = null;
  onclose: (() => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onbufferedamountlow: (() => void) | null = null;
  readonly sent: Uint8Array[] = [];

  constructor(readonly label = 'shoal', readonly protocol = 'shoal.peer.v1', readonly ordered = true) {}

  open(): void {
    this.readyState = 'open';
    this.onopen?.();
  }

  send(message: Uint8Array): void {
    this.sent.push(message.slice());
    this.bufferedAmount += message.length;
  }

  /** So many bytes leave the send buffer; the event comes as browsers send it. */
  drain(bytes: number): void {
    const before = this.bufferedAmount;
    this.bufferedAmount -= bytes;
    if (before > this.bufferedAmountLowThreshold && this.bufferedAmount <= this.bufferedAmountLowThreshold) this.onbufferedamountlow?.();
  }

  say(...bytes: number[]): void {
    this.onmessage?.({ data: Uint8Array.from(bytes).buffer });
  }
}

export class FakeConnection {
  connectionState = 'new';
  remoteDescription: { type: string; sdp: string } | null = null;
  onicecandidate: ((event: { candidate: unknown }) => void) | null = null;
  ondatachannel: ((event: { channel: FakeChannel }) => void) | null = null;
  ontrack: (() => void) | null = null;
  onconnectionstatechange: (() => void) | null = null;
  readonly candidates: RTCIceCandidateInit[] = [];
  readonly channels: FakeChannel[] = [];
  closed = false;

  createDataChannel(label: string, options: { protocol: string; ordered: boolean }): FakeChannel {
    const channel = new FakeChannel(label, options.protocol, options.ordered);
    this.channels.push(channel);
    return channel;
  }

  createOffer = (): Promise<object> => Promise.resolve({ type: 'offer', sdp: SDP });
  createAnswer = (): Promise<object> => Promise.resolve({ type: 'answer', sdp: SDP });
  setLocalDescription = (): Promise<void> => Promise.resolve();

  setRemoteDescription(description: { type: string; sdp: string }): Promise<void> {
    this.remoteDescription = description;
    return Promise.resolve();
  }

  addIceCandidate(candidate: RTCIceCandidateInit): Promise<void> {
    if (!this.remoteDescription) return Promise.reject(new Error('no description yet'));
    this.candidates.push(candidate);
    return Promise.resolve();
  }

  move(state: string): void {
    this.connectionState = state;
    this.onconnectionstatechange?.();
  }

  close(): void {
    this.closed = true;
  }
}
