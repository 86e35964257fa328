// What the server says of uploads: GET /api/v1/channels/NAME/uploads, with the stream key.
import { count, fields } from '../channels/api';
import type { Place } from '../place/place';
import { problemIn, refusal } from '../place/refused';

export type State = 'receiving' | 'waiting' | 'probing' | 'packaging' | 'ready' | 'refused';
const STATES: readonly string[] = ['receiving', 'waiting', 'probing', 'packaging', 'ready', 'refused'];

export interface Upload {
  readonly id: string;
  readonly title: string;
  readonly state: State;
  readonly says: string;
  readonly length: number;
  readonly received: number;
  readonly percent: number;
  readonly page: string; // '' before it is ready
  readonly address: string; // where it is received
}

export interface UploadList {
  readonly able: boolean;
  readonly says: string;
  readonly most: number; // bytes
  readonly uploads: readonly Upload[];
}

/** `refused`: the server says no, in words. `away`: it did not answer. */
export type Told<T> = { readonly kind: 'ok'; readonly value: T } | { readonly kind: 'refused'; readonly status: number; readonly says: string } | { readonly kind: 'away' };

const ANSWER_WITHIN_MS = 8_000;

export async function listUploads({ name, key }: Place): Promise<Told<UploadList>> {
  return told(name, `/api/v1/channels/${encodeURIComponent(name)}/uploads`, { headers: { Authorization: `Bearer ${key}` } }, async (answer) => uploadList(await answer.json()));
}

export async function deleteUpload({ name, key }: Place, upload: Upload): Promise<Told<true>> {
  return told(name, upload.address, { method: 'DELETE', headers: { Authorization: `Bearer ${key}`, 'Tus-Resumable': '1.0.0' } }, async () => true as const);
}

async function told<T>(name: string, path: string, request: RequestInit, read: (answer: Response) => Promise<T | null>): Promise<Told<T>> {
  try {
    const answer = await fetch(path, { ...request, cache: 'no-store', signal: AbortSignal.timeout(ANSWER_WITHIN_MS) });
    if (!answer.ok) return { kind: 'refused', status: answer.status, says: refusal(answer.status, name) ?? problemIn(await answer.text()) };
    const value = await read(answer);
    return value === null ? { kind: 'away' } : { kind: 'ok', value };
  } catch {
    return { kind: 'away' };
  }
}

/** Exported for its test. */
export function uploadList(body: unknown): UploadList | null {
  const whole = fields(body);
  if (!whole || !Array.isArray(whole.uploads)) return null;
  return {
    able: whole.able === true,
    says: typeof whole.says === 'string' ? whole.says : '',
    most: count(whole.most_bytes),
    uploads: whole.uploads.flatMap((line) => upload(line) ?? []),
  };
}

function upload(body: unknown): Upload | null {
  const line = fields(body);
  if (!line || typeof line.id !== 'string' || typeof line.state !== 'string' || !STATES.includes(line.state) || !own(line.upload)) return null;
  return {
    id: line.id,
    title: typeof line.title === 'string' && line.title !== '' ? line.title : 'Without a name',
    state: line.state as State,
    says: typeof line.says === 'string' ? line.says : '',
    length: count(line.length),
    received: count(line.received),
    percent: Math.min(100, count(line.percent)),
    page: own(line.page) ? line.page : '',
    address: line.upload,
  };
}

/** An address on this server. */
function own(value: unknown): value is string {
  return typeof value === 'string' && /^\/[^/\\]/.test(value);
}
