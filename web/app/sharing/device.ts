// Whether this device should share at all, whatever its viewer allowed, and whether this browser can.

/** Why sharing rests, or null: nothing speaks against it. */
export type Rest = 'saves-data' | 'cellular' | 'battery' | 'stalls' | 'rewinds';

/** Below this charge, and not on the mains, a device keeps its power for the picture. */
export const BATTERY_LEAST = 0.2;

export interface DeviceFacts {
  readonly saveData: boolean;
  readonly connection: string; // NetworkInformation.type, or ''
  readonly battery: { readonly level: number; readonly charging: boolean } | null;
}

export function restReason(facts: DeviceFacts): Rest | null {
  if (facts.saveData) return 'saves-data';
  if (facts.connection === 'cellular') return 'cellular';
  if (facts.battery && !facts.battery.charging && facts.battery.level < BATTERY_LEAST) return 'battery';
  return null;
}

export const restWords: Readonly<Record<Rest, string>> = {
  'saves-data': 'Sharing rests: your device saves data.',
  cellular: 'Sharing rests: you are on a mobile connection.',
  battery: 'Sharing rests: your battery is below 20 %.',
  stalls: 'Sharing rests for a while: the picture stood still several times.',
  rewinds: 'Sharing rests while you watch what is past.',
};

interface Battery extends EventTarget {
  readonly level: number;
  readonly charging: boolean;
}
interface Connection extends EventTarget {
  readonly saveData?: boolean;
  readonly type?: string;
}
interface Device {
  readonly connection?: Connection;
  getBattery?(): Promise<Battery>;
}

/** Calls `tell` with the reason now and after each change, until `signal` aborts. */
export async function watchDevice(tell: (rest: Rest | null) => void, signal: AbortSignal): Promise<void> {
  const device = navigator as Navigator & Device;
  const battery = (await device.getBattery?.().catch(() => null)) ?? null;
  if (signal.aborted) return;
  const look = (): void => tell(restReason({
    saveData: device.connection?.saveData === true,
    connection: device.connection?.type ?? '',
    battery,
  }));
  device.connection?.addEventListener('change', look, { signal });
  battery?.addEventListener('levelchange', look, { signal });
  battery?.addEventListener('chargingchange', look, { signal });
  look();
}

/** Whether this browser has all that sharing needs. Asked after a yes only: it makes no connection and loads nothing. */
export async function canShare(): Promise<boolean> {
  if (typeof RTCPeerConnection === 'undefined' || typeof WebAssembly === 'undefined') return false;
  if (!globalThis.isSecureContext || !globalThis.crypto?.subtle) return false;
  try {
    // RFC 8032, section 7.1, test 1: a public key that every implementation takes.
    const key = 'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a';
    const raw = Uint8Array.from(key.match(/../g) ?? [], (pair) => parseInt(pair, 16));
    await crypto.subtle.importKey('raw', raw, 'Ed25519', false, ['verify']);
    return true;
  } catch {
    return false;
  }
}
