// Whether the server lets this site's viewers share, and what to tell the site's author if not.
//
// What it is: the question to the server, put again slowly until it is answered.
// Who calls it: guest.ts, which joins nobody before.
// What it owns: the timer until the next try.
// What it will never do: ask anything else of the server. A browser notes each refused request in the console: the fewer, the better.
import type { Answer, Channel } from '../channels/api';
import { refusal, type Trouble } from '../element/state';

/** The wait before the second try, each time twice as long up to a bound: a server that does not admit the site seldom changes its mind. */
const RETRY_MS = 10_000;
const RETRY_MS_MAX = 300_000;

export class Admission {
  /** Why nobody can share here, in words for the site's author; null while it is not known, or if viewers can. */
  trouble: Trouble | null = null;
  /** The server answered: it admits this site. */
  granted = false;
  readonly #ask: () => Promise<Answer<Channel>>;
  readonly #where: { readonly name: string; readonly base: string };
  readonly #told: (channel: Channel | null) => void;
  #wait = RETRY_MS;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #over = false;

  /** `told` hears each answer; null: there was none, or a refusal, and `trouble` says which. */
  constructor(where: { readonly name: string; readonly base: string }, ask: () => Promise<Answer<Channel>>, told: (channel: Channel | null) => void) {
    this.#where = where;
    this.#ask = ask;
    this.#told = told;
    void this.#try();
  }

  stop(): void {
    this.#over = true;
    clearTimeout(this.#timer);
  }

  async #try(): Promise<void> {
    const answer = await this.#ask();
    if (this.#over) return;
    this.granted = answer.kind === 'ok';
    this.trouble = answer.kind === 'ok' ? null : refusal(answer.kind, this.#where);
    this.#told(answer.kind === 'ok' ? answer.value : null);
    if (this.granted) return;
    // Half of each wait is left to chance: the viewers of a server that was away shall not come back all at once.
    this.#timer = setTimeout(() => void this.#try(), this.#wait * (0.5 + Math.random() / 2));
    this.#wait = Math.min(2 * this.#wait, RETRY_MS_MAX);
  }
}
