// Steps the engine's WebAssembly module through a tape and prints what a step took: node replay.mjs MODULE TAPE.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const web = new URL('../../web/', import.meta.url);
const ts = createRequire(new URL('package.json', web))('typescript');

/** web/engine/wasm.ts, the border that browsers use. */
async function border() {
  const source = readFileSync(new URL('engine/wasm.ts', web), 'utf8');
  const { outputText } = ts.transpileModule(source, { compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 } });
  return import('data:text/javascript;base64,' + Buffer.from(outputText).toString('base64'));
}

const HEAD = 'shoal.tape.v1\n'.length;
const BIRTH = 60;

const [module, file] = process.argv.slice(2);
const { Module } = await border();
const compiled = await WebAssembly.compile(readFileSync(module));
const tape = new Uint8Array(readFileSync(file));
const view = new DataView(tape.buffer, tape.byteOffset);

/** Steps a new engine through the tape and returns the nanoseconds of a step. */
async function pass() {
  const engine = await Module.start(compiled);
  engine.birth(tape.subarray(HEAD, HEAD + BIRTH));
  let steps = 0;
  const began = process.hrtime.bigint();
  for (let at = HEAD + BIRTH; at + 4 <= tape.length; steps++) {
    const length = view.getUint32(at);
    engine.step(tape.subarray(at + 4, at + 4 + length));
    engine.wakeUs();
    at += 4 + length;
  }
  return Number(process.hrtime.bigint() - began) / steps;
}

// The first pass is what a page sees that has just loaded: the module is still being translated.
console.log(JSON.stringify({ first: await pass(), warm: await pass() }));
