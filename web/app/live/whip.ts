// One WHIP session (RFC 9725): an offer out, an answer in, an end.
//
// What it is: the peer connection of one publication and the three requests around it.
// Who calls it: studio.svelte.ts.
// What it owns: the connection and the session's address.
// What it will never do: try again, or know why a device failed.
import { pictureWishes, withStartBitrate, type Quality } from './quality';

/** The server said no, or nothing (status 0). */
export class Refused extends Error {
  constructor(readonly status: number, readonly says: string) {
    super(`${status} ${says}`);
  }
}

/** The browser cannot send what the server takes. */
export class NoEncoder extends Error {}

const END_WITHIN_MS = 3_000;
const ANSWER_WITHIN_MS = 10_000;
/** Candidates are not waited for longer: the server answers wherever it is asked from. */
const GATHER_WITHIN_MS = 1_000;

export class Whip {
  readonly connection: RTCPeerConnection;
  #address = '';
  #key: string;

  private constructor(connection: RTCPeerConnection, key: string) {
    this.connection = connection;
    this.#key = key;
  }

  /** Begins a session, in the place of another publisher if `takeover`. Throws Refused or NoEncoder. */
  static async begin(name: string, key: string, stream: MediaStream, quality: Quality, takeover: boolean): Promise<Whip> {
    const connection = new RTCPeerConnection({ bundlePolicy: 'max-bundle' });
    const session = new Whip(connection, key);
    try {
      for (const track of stream.getTracks()) {
        const transceiver = connection.addTransceiver(track, { direction: 'sendonly', streams: [stream], sendEncodings: [{}] });
        if (track.kind === 'video') preferH264(transceiver);
      }
      await connection.setLocalDescription();
      await gathered(connection);
      const answer = await session.#post(`${encodeURIComponent(name)}${takeover ? '?takeover=1' : ''}`, connection.localDescription?.sdp ?? '');
      await connection.setRemoteDescription({ type: 'answer', sdp: withStartBitrate(answer, quality) });
      await session.setQuality(quality);
      return session;
    } catch (error) {
      await session.end();
      throw error;
    }
  }

  /** How the connection fares. A server that hung up is told at once by DTLS, and by ICE only after ten seconds. */
  get state(): RTCPeerConnectionState {
    const hungUp = this.connection.getSenders().some((sender) => sender.transport?.state === 'closed');
    return hungUp ? 'closed' : this.connection.connectionState;
  }

  async #post(path: string, offer: string): Promise<string> {
    const response = await ask(`/whip/${path}`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/sdp', Authorization: `Bearer ${this.#key}` },
      body: offer,
    });
    if (response.status !== 201) throw new Refused(response.status, await saidIn(response));
    this.#address = response.headers.get('Location') ?? '';
    return response.text();
  }

  /** Sends another track instead of the one of its kind. */
  async replace(track: MediaStreamTrack): Promise<void> {
    await this.connection.getSenders().find((sender) => sender.track?.kind === track.kind)?.replaceTrack(track);
  }

  async setQuality(quality: Quality): Promise<void> {
    for (const sender of this.connection.getSenders()) {
      if (sender.track?.kind !== 'video') continue;
      const parameters = sender.getParameters();
      for (const encoding of parameters.encodings) Object.assign(encoding, pictureWishes(quality));
      // A picture that changes its size makes players begin anew: rather fewer pictures a second.
      (parameters as { degradationPreference?: string }).degradationPreference = 'maintain-resolution';
      await sender.setParameters(parameters).catch(() => undefined); // a browser that cannot sends as it likes
    }
  }

  /** Ends the session, also while the page is being left. True if the server says that it is over: then the place is no longer held by it. */
  async end(): Promise<boolean> {
    const address = this.#address;
    let over = false;
    this.#address = '';
    for (const sender of this.connection.getSenders()) void sender.replaceTrack(null).catch(() => undefined); // not a frame more, whatever the server does
    if (address) {
      const signal = AbortSignal.timeout(END_WITHIN_MS);
      const answer = await fetch(address, { method: 'DELETE', headers: { Authorization: `Bearer ${this.#key}` }, keepalive: true, signal }).catch(() => null);
      over = answer !== null && (answer.ok || answer.status === 404);
    }
    this.connection.close();
    return over;
  }
}

async function ask(path: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(path, { ...init, cache: 'no-store', signal: AbortSignal.timeout(ANSWER_WITHIN_MS) });
  } catch (error) {
    throw new Refused(0, error instanceof Error ? error.message : String(error));
  }
}

async function saidIn(response: Response): Promise<string> {
  try {
    const body = (await response.json()) as { error?: { message?: unknown } };
    return typeof body.error?.message === 'string' ? body.error.message : '';
  } catch {
    return '';
  }
}

function preferH264(transceiver: RTCRtpTransceiver): void {
  const all = RTCRtpSender.getCapabilities('video')?.codecs ?? [];
  const h264 = all.filter((codec) => /^video\/h264$/i.test(codec.mimeType));
  if (h264.length === 0) throw new NoEncoder('H.264');
  const again = all.filter((codec) => /^video\/rtx$/i.test(codec.mimeType));
  const several = h264.filter((codec) => codec.sdpFmtpLine?.includes('packetization-mode=1'));
  transceiver.setCodecPreferences([...(several.length > 0 ? several : h264), ...again]);
}

function gathered(connection: RTCPeerConnection): Promise<void> {
  if (connection.iceGatheringState === 'complete') return Promise.resolve();
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, GATHER_WITHIN_MS);
    connection.addEventListener('icegatheringstatechange', () => {
      if (connection.iceGatheringState !== 'complete') return;
      clearTimeout(timer);
      resolve();
    });
  });
}
