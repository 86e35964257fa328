// Counts the tests in recorded outputs (go test -v, vitest, playwright) and prints one line: N passed, N failed.
import { existsSync, readFileSync } from 'node:fs';

let passed = 0;
let failed = 0;
for (const path of process.argv.slice(2)) {
  if (!existsSync(path)) continue;
  const text = readFileSync(path, 'utf8').replace(/\x1b\[[0-9;]*m/g, '');
  passed += (text.match(/^\s*--- PASS: /gm) ?? []).length;
  failed += (text.match(/^\s*--- FAIL: /gm) ?? []).length;
  const tests = /^\s*Tests\s+(.*)$/m.exec(text)?.[1] ?? ''; // vitest: "Tests  1 failed | 20 passed (21)"
  passed += Number(/(\d+) passed/.exec(tests)?.[1] ?? 0);
  failed += Number(/(\d+) failed/.exec(tests)?.[1] ?? 0);
  if (tests === '') { // playwright: "  4 passed (1.2m)", each count on its line
    passed += Number(/^\s*(\d+) passed/m.exec(text)?.[1] ?? 0);
    failed += Number(/^\s*(\d+) failed/m.exec(text)?.[1] ?? 0);
  }
}
console.log(`${passed} passed, ${failed} failed`);
