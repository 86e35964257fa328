// What a page's author wrote into <shoal-player>, read. Pure.
import { channelInPath } from '../channels/api';
import { readLatency } from './latency';

/** `ask`: the player puts the question. `on`: the same, but where the operator vouches for it the answer is yes. `off`: it asks nothing. */
export type SharingWish = 'ask' | 'on' | 'off';

export interface Where {
  readonly name: string;
  readonly base: string; // the server, without a closing slash
  readonly token: string; // a pass, or ''
}

export interface Wish extends Where {
  readonly autoplay: boolean;
  readonly controls: boolean;
  readonly sharing: SharingWish;
  readonly distanceS: number | null; // behind live; null: as the channel says
}

export const ATTRIBUTES = ['channel', 'src', 'autoplay', 'muted', 'controls', 'sharing', 'token', 'latency'] as const;
export type Attribute = (typeof ATTRIBUTES)[number];

/** Returns what is wished, or what is wrong with it, in words for the author. `home` is where this program came from. */
export function readWish(get: (name: Attribute) => string | null, home: string, page: Pick<Location, 'protocol'>): Wish | string {
  const where = readChannel(get('channel') ?? get('src'), home, page);
  if (typeof where === 'string') return where;
  const sharing = get('sharing') || 'ask';
  if (sharing !== 'ask' && sharing !== 'on' && sharing !== 'off') return `sharing="${sharing}" is none of ask, on and off.`;
  const distanceS = readLatency(get('latency'));
  if (typeof distanceS === 'string') return distanceS;
  return { ...where, distanceS, token: get('token') || where.token, autoplay: flag(get('autoplay'), true), controls: flag(get('controls'), true), sharing };
}

/** autoplay, autoplay="on", autoplay="false": what people write. */
export function flag(value: string | null, otherwise: boolean): boolean {
  if (value === null) return otherwise;
  return !/^(?:false|off|no|0)$/i.test(value.trim());
}

/**
 * Reads https://SERVER/c/NAME or https://SERVER/embed/NAME, with the pass if there is one, or NAME alone: a channel of the
 * server that this program came from.
 */
export function readChannel(text: string | null, home: string, page: Pick<Location, 'protocol'>): Where | string {
  const given = text?.trim() ?? '';
  if (!given) return 'This player has no channel. Write channel="https://SERVER/c/NAME".';
  const alone = channelInPath(`/c/${given}`);
  if (alone) return { name: alone, base: home, token: '' };
  const url = URL.canParse(given) ? new URL(given) : null;
  const name = url && /^https?:$/.test(url.protocol) ? channelInPath(url.pathname) : null;
  if (!url || !name) return `channel="${given}" is not the address of a channel. It looks like https://SERVER/c/NAME.`;
  if (page.protocol === 'https:' && url.protocol === 'http:' && !isHere(url.hostname)) {
    return `channel="${given}" begins with http:// and this page with https://: browsers do not load that. The server needs HTTPS too.`;
  }
  return { name, base: url.origin, token: url.searchParams.get('token') ?? '' };
}

/** Browsers trust the machine that they run on. */
function isHere(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '127.0.0.1' || hostname === '[::1]';
}
