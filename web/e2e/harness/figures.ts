// /metrics as numbers.

export class Figures {
  #lines: string[];

  constructor(text: string) {
    this.#lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  }

  /** The sum of a figure over all its labels that agree with `labels`; 0 if there is none. */
  sum(name: string, labels: Readonly<Record<string, string>> = {}): number {
    const wanted = Object.entries(labels).map(([key, value]) => `${key}="${value}"`);
    let sum = 0;
    for (const line of this.#lines) {
      const [, found, given = '', value] = /^([a-zA-Z_:]+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
      if (found === name && wanted.every((label) => given.split(',').includes(label))) sum += Number(value);
    }
    return sum;
  }
}
