// Waiting for what must come: a look every so often, and a deadline. Nothing here waits for time to pass as such.

const LOOK_MS = 100;

/** Returns what `look` found, once it is neither undefined nor false; fails with `what` after `withinMs`. */
export async function until<T>(what: string, look: () => Promise<T | undefined | false> | T | undefined | false, withinMs: number): Promise<T> {
  const deadline = performance.now() + withinMs;
  let trouble = '';
  for (;;) {
    try {
      const found = await look();
      if (found !== undefined && found !== false) return found;
      trouble = '';
    } catch (error) {
      trouble = `: ${error instanceof Error ? error.message : String(error)}`;
    }
    if (performance.now() > deadline) throw new Error(`within ${withinMs / 1000} s it did not come true that ${what}${trouble}`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}

/** Looks at something for a span of time, because the promise is about that span. */
export async function throughout(spanMs: number, everyMs: number, look: () => Promise<void>): Promise<void> {
  const end = performance.now() + spanMs;
  while (performance.now() < end) {
    await look();
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}
