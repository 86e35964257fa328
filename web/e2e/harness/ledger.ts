// Everything that the origin serves of a channel, by its SHA-256: what a player may be given, and nothing else.
//
// What it is: a plain HTTP client that follows the playlists and fetches each address once.
// Who calls it: the spec about liars.
// What it owns: the hashes.
// What it will never do: ask anybody but the origin.
import { createHash } from 'node:crypto';

const LOOK_MS = 500;

export class Ledger {
  readonly #hashes = new Map<string, string>();
  readonly #fetched = new Set<string>();
  readonly #master: string;
  #following = true;
  #over: Promise<unknown>;

  constructor(master: string) {
    this.#master = master;
    this.#over = this.#follow().catch((error: unknown) => error);
  }

  /** The address whose bytes have this hash. */
  address(hash: string): string | undefined {
    return this.#hashes.get(hash);
  }

  /** Ends it, and fails if it could not follow to the end. */
  async stop(): Promise<void> {
    this.#following = false;
    const error = await this.#over;
    if (error) throw error;
  }

  async #follow(): Promise<void> {
    while (this.#following) {
      const started = performance.now();
      for (const playlist of addresses(await text(this.#master), this.#master)) {
        for (const address of addresses(await text(playlist), playlist)) await this.#note(address);
      }
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, LOOK_MS - (performance.now() - started))));
    }
  }

  async #note(address: string): Promise<void> {
    if (this.#fetched.has(address)) return;
    const answer = await fetch(address);
    if (!answer.ok) return; // it left the window meanwhile
    this.#fetched.add(address);
    this.#hashes.set(createHash('sha256').update(new Uint8Array(await answer.arrayBuffer())).digest('hex'), address);
  }
}

async function text(address: string): Promise<string> {
  const answer = await fetch(address);
  if (!answer.ok) throw new Error(`${address}: ${answer.status}`);
  return answer.text();
}

/** Every address in a playlist but hints, which name what is not there yet. */
function addresses(playlist: string, base: string): string[] {
  const found: string[] = [];
  for (const line of playlist.split('\n')) {
    if (line === '' || line.startsWith('#EXT-X-PRELOAD-HINT') || line.startsWith('#EXT-X-RENDITION-REPORT')) continue;
    const uri = line.startsWith('#') ? /URI="([^"]+)"/.exec(line)?.[1] : line;
    if (uri) found.push(new URL(uri, base).href);
  }
  return found;
}
