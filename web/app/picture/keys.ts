// The keys of the player. Pure.

export type KeyAction = 'toggle' | 'mute' | 'full' | 'back' | 'forward' | 'louder' | 'softer' | 'live' | 'read';

const actions: Readonly<Record<string, KeyAction>> = {
  ' ': 'toggle',
  k: 'toggle',
  m: 'mute',
  f: 'full',
  l: 'live',
  c: 'read',
  ArrowLeft: 'back',
  ArrowRight: 'forward',
  ArrowUp: 'louder',
  ArrowDown: 'softer',
};

interface Pressed {
  readonly key: string;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly altKey: boolean;
  readonly target: EventTarget | null;
}

/** What a key means to the player, or null: it belongs to a control, the browser or the page. */
export function keyAction(event: Pressed): KeyAction | null {
  if (event.ctrlKey || event.metaKey || event.altKey) return null;
  const action = actions[event.key.length === 1 ? event.key.toLowerCase() : event.key] ?? null;
  const { tagName: tag = '', type = '' } = (event.target ?? {}) as { tagName?: string; type?: string };
  const slider = tag === 'INPUT' && (type === 'range' || type === 'radio'); // takes arrows and space, but no letters
  if (slider ? event.key.length > 1 || event.key === ' ' : tag === 'INPUT' || tag === 'SELECT' || tag === 'TEXTAREA') return null;
  if (event.key === ' ' && (tag === 'BUTTON' || tag === 'A' || tag === 'SUMMARY')) return null; // space presses what has the focus
  if ((action === 'louder' || action === 'softer') && tag !== 'VIDEO' && tag !== 'BUTTON') return null; // the page scrolls
  return action;
}
