// What the viewer reads over the picture, remembered on the device.
import type { TextWish } from '../../player/texts';

const KEY = 'shoal.captions';
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
