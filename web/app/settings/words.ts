// What a streamer may set of a channel: in words and units of a page, and as the server writes it. Pure.
import { LEAST_TARGET_S, MOST_TARGET_S } from '../../player/distance';

/** A setting's name at the server. */
export type Key = 'record' | 'keep_days' | 'keep_gb' | 'rewind' | 'ladder' | 'reconnect_window' | 'latency' | 'clips' | 'download' | 'sharing';

/** One setting as the server tells it. */
export interface Setting {
  readonly value: string; // in force
  readonly given: string; // in force without a choice of the streamer's
  readonly most: string; // what he may choose at most
  readonly atOnce: boolean; // a change counts at once, not only from the next broadcast on
}

export type Settings = Readonly<Record<Key, Setting>>;

/** How a value is entered. */
type Kind = 'switch' | 'days' | 'gigabytes' | 'minutes' | 'seconds' | 'distance';

export interface Field {
  readonly key: Key;
  readonly kind: Kind;
  readonly label: string;
  readonly says: string;
  readonly on?: string; // what a switch is called that is on, at the server; `on` otherwise
}

export interface Group {
  readonly name: string;
  readonly fields: readonly Field[];
}

export const groups: readonly Group[] = [
  {
    name: 'Recordings',
    fields: [
      { key: 'record', kind: 'switch', label: 'Keep broadcasts as recordings', says: 'What is recorded already stays, either way.' },
      { key: 'keep_days', kind: 'days', label: 'Keep recordings for', says: '' },
      { key: 'keep_gb', kind: 'gigabytes', label: 'Room for recordings', says: 'When they take more, the oldest are deleted.' },
    ],
  },
  {
    name: 'While you are live',
    fields: [
      { key: 'rewind', kind: 'minutes', label: 'Viewers can go back', says: '0 lets them watch only what is live.' },
      { key: 'reconnect_window', kind: 'seconds', label: 'If your line breaks, wait for you', says: 'When you are back within this time, the broadcast goes on; otherwise it ends.' },
      { key: 'latency', kind: 'distance', label: 'Viewers see it later by', says: 'Less is more immediate; more bears poorer lines. What your encoder and your line take comes on top.' },
      { key: 'ladder', kind: 'switch', label: 'Smaller pictures for slow lines', says: 'Viewers whose line does not bear your picture get a smaller one, as far as the server can make it.' },
    ],
  },
  {
    name: 'Viewers may',
    fields: [
      {
        key: 'sharing', kind: 'switch', on: 'ask', label: 'Share with each other',
        says: 'They pass the picture on. Each is asked first, as others see the address of who shares. Without it all watch from the server.',
      },
      { key: 'clips', kind: 'switch', label: 'Make clips', says: 'Up to five minutes, each with a link of its own.' },
      { key: 'download', kind: 'switch', label: 'Download recordings and clips', says: 'As MP4 files. They leave your hands then.' },
    ],
  },
];

export const fields: readonly Field[] = groups.flatMap((group) => group.fields);

/** The least and the most seconds that a broadcast may wait, as at the server. */
const WAIT_S = { least: 1, most: 3600 };
/** Bound of days and gigabytes, as at the server. */
const NUMBER_MAX = 1_000_000;

/** Seconds of a time as Go writes it: 1h30m0s. Null if it is none. */
export function seconds(time: string): number | null {
  const parts = /^(?:(\d+)h)?(?:(\d+)m)?(?:(\d+(?:\.\d+)?)s)?$/.exec(time);
  if (!parts || time === '') return null;
  return Number(parts[1] ?? 0) * 3600 + Number(parts[2] ?? 0) * 60 + Number(parts[3] ?? 0);
}

const tidy = (n: number): string => String(Math.round(n * 100) / 100);

/** A value as its field shows it. */
export function shown(kind: Kind, value: string): string {
  if (kind === 'switch') return value === 'off' ? 'off' : 'on'; // which rungs there are is not the streamer's to choose
  if (kind === 'minutes') return tidy((seconds(value) ?? 0) / 60);
  if (kind === 'seconds' || kind === 'distance') return tidy(seconds(value) ?? 0);
  return value;
}

/** The unit behind a field. */
export function unit(kind: Kind): string {
  return { switch: '', days: 'days', gigabytes: 'GB', minutes: 'minutes', seconds: 'seconds', distance: 'seconds' }[kind];
}

/** Whether the server gives nothing of this: then there is nothing to choose. */
export function fixed(field: Field, { most }: Setting): boolean {
  return field.kind === 'switch' ? most === 'off' : field.kind === 'minutes' && seconds(most) === 0;
}

/** What a field's bounds are, as a sentence, or ''. */
export function bounds(field: Field, setting: Setting): string {
  if (fixed(field, setting)) return 'Whoever runs this server has turned it off.';
  const most = shown(field.kind, setting.most);
  switch (field.kind) {
    case 'switch':
      return '';
    case 'days':
      return most === '0' ? '0 keeps them for good.' : `At most ${most} on this server.`;
    case 'gigabytes':
      return most === '0' ? '0 sets no bound.' : `At most ${most} on this server, which all its channels share.`;
    case 'minutes':
      return `At most ${most} on this server.`;
    case 'seconds':
      return `From ${WAIT_S.least} to ${WAIT_S.most}.`;
    case 'distance':
      return `From ${LEAST_TARGET_S} to ${MOST_TARGET_S}.`;
  }
}

/** All that is said below a field. */
export function hints(field: Field, setting: Setting): string {
  const off = fixed(field, setting);
  const without = `Without your choice: ${shown(field.kind, setting.given)} ${unit(field.kind)}`.trimEnd();
  return [
    field.says,
    bounds(field, setting),
    off || setting.atOnce ? '' : 'Counts from the next broadcast on.',
    off || same(field, setting.value, setting.given) ? '' : `${without}.`,
  ].filter(Boolean).join(' ');
}

/** What was entered, as the server takes it, or what is wrong with it. */
export type Entered = { readonly value: string } | { readonly wrong: string };

export function entered(field: Field, text: string, { most }: Setting): Entered {
  const plain = text.trim().replace(',', '.');
  if (field.kind === 'switch') return { value: plain === 'on' ? (field.on ?? plain) : plain };
  const n = /^\d{1,9}(\.\d{1,6})?$/.test(plain) ? Number(plain) : NaN;
  switch (field.kind) {
    case 'days':
    case 'gigabytes': {
      const bound = Number(most) || NUMBER_MAX;
      const least = most === '0' ? 0 : 1;
      if (Number.isInteger(n) && n >= least && n <= bound) return { value: String(n) };
      return { wrong: `Write a whole number of ${field.kind} from ${least} to ${bound}.` };
    }
    case 'minutes': {
      const bound = (seconds(most) ?? 0) / 60;
      if (n >= 0 && n <= bound) return { value: `${Math.round(n * 60)}s` };
      return { wrong: `Write minutes from 0 to ${tidy(bound)}.` };
    }
    case 'seconds':
      if (n >= WAIT_S.least && n <= WAIT_S.most) return { value: `${Math.round(n)}s` };
      return { wrong: `Write seconds from ${WAIT_S.least} to ${WAIT_S.most}.` };
    case 'distance':
      if (n >= LEAST_TARGET_S && n <= MOST_TARGET_S) return { value: `${tidy(n)}s` };
      return { wrong: `Write seconds from ${LEAST_TARGET_S} to ${MOST_TARGET_S}.` };
  }
}

/** Whether two values of a setting are the same, however they are spelled. */
export function same(field: Field, a: string, b: string): boolean {
  if (field.kind === 'switch') return shown('switch', a) === shown('switch', b);
  return field.kind === 'minutes' || field.kind === 'seconds' || field.kind === 'distance' ? seconds(a) === seconds(b) : a === b;
}

/** Whether a value keeps less of what is recorded already than another: saving it deletes. */
export function deletes(field: Field, next: string, now: string): boolean {
  if (field.kind !== 'days' && field.kind !== 'gigabytes') return false;
  const size = (value: string): number => Number(value) || Infinity;
  return size(next) < size(now);
}

/** What is said when settings are saved. */
export function saved(changed: readonly Setting[]): string {
  if (changed.length === 0) return 'There was nothing to change.';
  const later = changed.filter((one) => !one.atOnce).length;
  if (later === 0) return 'Saved. It holds from now on.';
  return later === changed.length ? 'Saved. It holds from the next broadcast on.' : 'Saved. Some of it holds from now on, some from the next broadcast on.';
}
