// What the server says of a channel to whoever sends to it.
import { askChannel, type Channel } from '../channels/api';
import { askHealth } from '../channels/health';

export interface Air {
  readonly live: boolean;
  readonly publishing: boolean;
  /** What viewers are told; null: the channel is private, and there is no pass to it. */
  readonly channel: Channel | null;
}

/** Asks as viewers do, with a pass or '', and where they are refused with the stream key, which tells less. Null: no answer of use. */
export async function askAir(name: string, key: string, pass: string): Promise<Air | null> {
  const answer = await askChannel('', name, pass);
  if (answer.kind === 'ok') return { live: answer.value.live, publishing: answer.value.publishing, channel: answer.value };
  if (answer.kind !== 'private') return null;
  const own = await askHealth(name, key);
  return own.kind === 'ok' ? { live: own.value.live, publishing: own.value.publishing, channel: null } : null;
}
