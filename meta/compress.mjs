// Gives each file of a web build that shrinks a .br and a .gz twin, so that the server compresses nothing while it
// serves. Browsers take brotli only over HTTPS and from localhost; gzip is for the rest.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

const shrinks = new Set(['.html', '.js', '.css', '.svg', '.wasm', '.json', '.txt']);
const least = 512; // bytes: below, headers weigh more than what is saved

const root = process.argv[2];
if (!root) throw new Error('usage: node meta/compress.mjs DIR');

for (const entry of readdirSync(root, { recursive: true, withFileTypes: true })) {
  if (!entry.isFile() || !shrinks.has(extname(entry.name))) continue;
  const path = join(entry.parentPath, entry.name);
  const content = readFileSync(path);
  if (content.length < least) continue;
  writeFileSync(`${path}.br`, brotliCompressSync(content, {
    params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: content.length },
  }));
  writeFileSync(`${path}.gz`, gzipSync(content, { level: 9 }));
}
