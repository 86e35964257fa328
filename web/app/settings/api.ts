// A channel's settings at the server: /api/v1/channels/NAME/settings, with the stream key.
import { fields as object } from '../channels/api';
import type { Place } from '../place/place';
import { problemIn, refusal } from '../place/refused';
import { fields, type Key, type Setting, type Settings } from './words';

/** `key`, `name`: that is not right. `wrong`: what is wrong with each setting. `refused`: the server says no. `away`: it did not answer. */
export type Told =
  | { readonly kind: 'ok'; readonly value: Settings }
  | { readonly kind: 'key' | 'name' | 'refused'; readonly says: string }
  | { readonly kind: 'wrong'; readonly fields: Partial<Record<Key, string>> }
  | { readonly kind: 'away' };

const ANSWER_WITHIN_MS = 8_000;

export function askSettings(place: Place): Promise<Told> {
  return tell(place, {});
}

/** Changes some; '' takes what is given without a choice. */
export function changeSettings(place: Place, changes: Partial<Record<Key, string>>): Promise<Told> {
  return tell(place, { method: 'PATCH', body: JSON.stringify(changes) });
}

async function tell({ name, key }: Place, request: RequestInit): Promise<Told> {
  try {
    const answer = await fetch(`/api/v1/channels/${encodeURIComponent(name)}/settings`, {
      ...request,
      headers: { Accept: 'application/json', Authorization: `Bearer ${key}` },
      cache: 'no-store',
      signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
    });
    const text = await answer.text();
    if (!answer.ok) {
      const wrong = wrongFields(text);
      return wrong ? { kind: 'wrong', fields: wrong } : { kind: answer.status === 401 ? 'key' : answer.status === 404 ? 'name' : 'refused', says: refusal(answer.status, name) ?? problemIn(text) };
    }
    const value = settings(JSON.parse(text));
    return value ? { kind: 'ok', value } : { kind: 'away' };
  } catch {
    return { kind: 'away' };
  }
}

/** Exported for its test. */
export function settings(body: unknown): Settings | null {
  const whole = object(body);
  const read: Partial<Record<Key, Setting>> = {};
  for (const { key } of fields) {
    const one = object(whole?.[key]);
    if (!one || typeof one.value !== 'string' || typeof one.given !== 'string' || typeof one.most !== 'string') return null;
    read[key] = { value: one.value, given: one.given, most: one.most, atOnce: one.takes_effect === 'at once' };
  }
  return read as Settings;
}

/** What an answer says of single settings. Exported for its test. */
export function wrongFields(text: string): Partial<Record<Key, string>> | null {
  try {
    const told = object(object(object(JSON.parse(text))?.error)?.fields);
    if (!told) return null;
    const wrong: Partial<Record<Key, string>> = {};
    for (const { key } of fields) {
      const remedy = told[key];
      if (typeof remedy === 'string') wrong[key] = `Write ${remedy}.`;
    }
    return wrong;
  } catch {
    return null; // not from this server
  }
}
