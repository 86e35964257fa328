// The viewer's word on sharing. Nothing of the swarm is loaded before a yes, and no yes is ever assumed.

/** `unset`: never asked or never answered; it means the same as no. */
export type Consent = 'yes' | 'no' | 'unset';

const key = 'shoal.share';

export function readConsent(storage: Pick<Storage, 'getItem'> | null): Consent {
  try {
    const word = storage?.getItem(key);
    return word === 'yes' || word === 'no' ? word : 'unset';
  } catch {
    return 'unset'; // storage is forbidden: the choice then lives as long as the page
  }
}

export function writeConsent(storage: Pick<Storage, 'setItem'> | null, consent: 'yes' | 'no'): void {
  try {
    storage?.setItem(key, consent);
  } catch {
    // As above.
  }
}

/** Whether a change of storage in another tab of this site took the consent back. */
export function revokedElsewhere(event: Pick<StorageEvent, 'key' | 'newValue'>): boolean {
  return event.key === null || (event.key === key && event.newValue !== 'yes'); // null: everything was cleared
}

/** The presetting in the address (?share=yes|no), for kiosks and tests. */
export function presetIn(search: string): 'yes' | 'no' | null {
  const word = new URLSearchParams(search).get('share');
  return word === 'yes' || word === 'no' ? word : null;
}

/** A link must not decide for a viewer, unless viewer and operator are the same person or the operator answers for it. */
export function presetCounts(hostname: string, allowedByOperator: boolean): boolean {
  return allowedByOperator || isLoopback(hostname);
}

export function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname.endsWith('.localhost') || hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(hostname);
}
