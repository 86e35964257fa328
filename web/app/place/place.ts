// Where to publish to: a channel's name and its stream key, from the address or from what this device remembers.

export interface Place {
  readonly name: string;
  readonly key: string;
}

/** The form is that of Go's id.Name. */
const NAME = /^[a-z0-9][a-z0-9_-]{0,39}$/;
const STORED = 'shoal.publish';

export function isName(text: string): boolean {
  return NAME.test(text);
}

/** What somebody may have put into the field for the name: the name, or the link to watch. */
export function nameIn(text: string): string {
  const plain = text.trim();
  return (/\/(?:c|embed|whip)\/([^/?#]+)/.exec(plain)?.[1] ?? plain).toLowerCase();
}

/** The pass in a link to a private channel, or ''. */
export function passIn(text: string): string {
  return /[?&#]token=([\w-]{1,100})(?:[&#]|$)/.exec(text.trim())?.[1] ?? '';
}

/** `#channel=NAME&key=KEY`, either of which may be missing. A fragment is never sent to a server. */
export function placeInFragment(hash: string): Partial<Place> {
  const words = new URLSearchParams(hash.replace(/^#/, ''));
  const name = nameIn(words.get('channel') ?? '');
  const key = words.get('key')?.trim();
  return { ...(isName(name) ? { name } : {}), ...(key ? { key } : {}) };
}

/** What this device was asked to remember. */
export function remembered(storage: Pick<Storage, 'getItem'> | null): Place | null {
  try {
    const stored: unknown = JSON.parse(storage?.getItem(STORED) ?? 'null');
    if (typeof stored !== 'object' || stored === null) return null;
    const { name, key } = stored as Record<string, unknown>;
    return typeof name === 'string' && isName(name) && typeof key === 'string' && key !== '' ? { name, key } : null;
  } catch {
    return null; // storage is forbidden, or holds something else
  }
}

/** Remembers a place, or with null forgets it. Only a person's word leads here. */
export function remember(storage: Pick<Storage, 'setItem' | 'removeItem'> | null, place: Place | null): void {
  try {
    if (place) storage?.setItem(STORED, JSON.stringify(place));
    else storage?.removeItem(STORED);
  } catch {
    // As above.
  }
}
