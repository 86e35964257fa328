// What the viewer reads over the picture, and in which language he hears it, remembered on the device.
import type { TextWish } from '../../player/texts';

const KEY = 'shoal.captions';
const LANGUAGE_KEY = 'shoal.language';
/** Longer labels are none of ours. */
const LABEL_MAX = 80;

export function readWish(storage: Pick<Storage, 'getItem'> | null): TextWish {
  try {
    const [word, ...label] = (storage?.getItem(KEY) ?? '').split(':');
    return { on: word === 'on', label: label.join(':').slice(0, LABEL_MAX) };
  } catch {
    return { on: false, label: '' }; // storage is forbidden: the choice then lives as long as the page
  }
}

export function writeWish(storage: Pick<Storage, 'setItem'> | null, { on, label }: TextWish): void {
  try {
    storage?.setItem(KEY, `${on ? 'on' : 'off'}:${label}`);
  } catch {
    // As above.
  }
}

export function readLanguage(storage: Pick<Storage, 'getItem'> | null): string {
  try {
    const word = storage?.getItem(LANGUAGE_KEY) ?? '';
    return /^[A-Za-z0-9-]{2,35}$/.test(word) ? word : '';
  } catch {
    return '';
  }
}

export function writeLanguage(storage: Pick<Storage, 'setItem'> | null, language: string): void {
  try {
    storage?.setItem(LANGUAGE_KEY, language);
  } catch {
    // As above.
  }
}
