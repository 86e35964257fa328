// The last line of a run, in the form that all of this project's runs end in.
import type { Reporter, TestCase, TestResult } from '@playwright/test/reporter';

export default class Tally implements Reporter {
  #outcomes = new Map<string, boolean>();

  onTestEnd(test: TestCase, result: TestResult): void {
    if (result.status !== 'skipped') this.#outcomes.set(test.id, test.ok());
  }

  onEnd(): void {
    const all = [...this.#outcomes.values()];
    const passed = all.filter(Boolean).length;
    console.log(`\n${passed} passed, ${all.length - passed} failed`);
  }
}
