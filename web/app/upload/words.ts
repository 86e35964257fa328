// How an upload stands, in words. Pure.
import { bytes } from '../shoal/words';
import type { Upload } from './api';

/** `sent`: this page sends it now. */
export function stands(upload: Upload, sent: boolean): string {
  switch (upload.state) {
    case 'receiving':
      return sent ? `Sending: ${bytes(upload.received)} of ${bytes(upload.length)}` : `Cut off at ${upload.percent} %. Choose the same file again: it goes on from there.`;
    case 'waiting':
      return upload.says || 'Waiting for its turn';
    case 'probing':
      return 'Being looked at';
    case 'packaging':
      return `Being packaged: ${upload.percent} %`;
    case 'ready':
      return 'Ready';
    case 'refused':
      return upload.says || 'Refused';
  }
}

/** Of an upload that is under way, how far it is; null where that is not known. */
export function share(upload: Upload): number | null {
  return upload.state === 'receiving' || upload.state === 'packaging' ? upload.percent : null;
}

/** The upload that this file began, if the server still has it. */
export function begun(uploads: readonly Upload[], file: { readonly name: string; readonly size: number }): Upload | undefined {
  return uploads.find((each) => each.state === 'receiving' && each.length === file.size && file.name.startsWith(each.title));
}

/** Whether what failed with this status (0: no answer) may go well another time. Also while the device is offline: it comes back. */
export function worthAnother(status: number): boolean {
  const conflict = 409; // another request was in between
  const locked = 423;
  const noRoom = 507;
  return status === 0 || status === conflict || status === locked || (status >= 500 && status !== noRoom);
}
