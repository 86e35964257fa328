// The viewer's word on sharing. Nothing of the swarm is loaded before a yes, and no yes is ever assumed.

/** `unset`: never asked or never answered; it means the same as no. */
export type Consent = 'yes' | 'no' | 'unset';

const key = 'shoal.share';

/** Where a choice is remembered, or null: it then lives as long as the page. */
export function memory(): Storage | null {
  try {
    return localStorage;
  } catch {
    return null;
  }
}

/** A page of another site may say yes for its viewer only while the viewer does something. Returns why it is refused, or null. */
export function yesOfViewer(): DOMException | null {
  if (navigator.userActivation?.isActive) return null;
  return new DOMException('startSharing() is the viewer\'s yes: call it while a click or key of the viewer is being handled.', 'NotAllowedError');
}

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
