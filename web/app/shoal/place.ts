// Where everybody swims. Pure: the same neighbours in the same order stand in the same places.

export interface Place {
  readonly x: number;
  readonly y: number;
  readonly scale: number;
}

/** The sea, in the units of the drawing. */
export const SEA = { width: 640, height: 240 } as const;
export const LIGHTHOUSE = { x: 66, y: 146 } as const;
export const YOU = { x: 300, y: 108 } as const;
/** More fish than this would lie on top of each other; the rest is said in words. The engine keeps at most 14. */
export const FISH_MAX = 14;

/** Places of `count` neighbours: one arc to the right of you, and a second one behind it when it gets crowded. */
export function places(count: number): readonly Place[] {
  const n = Math.min(count, FISH_MAX);
  const near = n <= 6 ? n : Math.ceil(n / 2);
  return Array.from({ length: n }, (_, i) => {
    const back = i >= near;
    const row = back ? n - near : near;
    const at = row === 1 ? 0.5 : ((back ? i - near : i) + 0.5) / row;
    const angle = (at - 0.5) * Math.PI * (back ? 0.6 : 0.84);
    const reach = back ? 296 : 186;
    return { x: YOU.x + reach * Math.cos(angle) * (back ? 1 : 0.98), y: YOU.y + 92 * Math.sin(angle), scale: n <= 6 ? 1 : 0.76 };
  });
}

/** A current from one place to another: a soft bow, bent to its own side so that there and back do not cover each other. */
export function current(from: { x: number; y: number }, to: { x: number; y: number }, bend: number): string {
  const mx = (from.x + to.x) / 2;
  const my = (from.y + to.y) / 2;
  const dx = to.x - from.x;
  const dy = to.y - from.y;
  const r = (n: number): string => n.toFixed(1);
  return `M${r(from.x)} ${r(from.y)}Q${r(mx - dy * bend)} ${r(my + dx * bend)} ${r(to.x)} ${r(to.y)}`;
}

/** How broad a current is drawn: the root of its rate, so that a trickle is seen and a flood still fits. */
export function breadth(bytesPerSecond: number): number {
  if (bytesPerSecond <= 0) return 0;
  return Math.min(Math.max(Math.sqrt(bytesPerSecond / 1000) * 0.42, 1.2), 12);
}
