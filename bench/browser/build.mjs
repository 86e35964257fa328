// Makes what runs of what is written here: the bench itself, its tests, and the pages of the other engines.
import { build } from 'esbuild';
import { copyFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';

const here = import.meta.dirname;
const built = join(here, 'dist');

await mkdir(join(built, 'pages'), { recursive: true });
await Promise.all([
  build({
    entryPoints: [join(here, 'main.ts'), join(here, 'figures.test.ts')],
    outdir: built, outExtension: { '.js': '.mjs' }, bundle: true, platform: 'node', format: 'esm', target: 'node20', packages: 'external',
  }),
  build({
    entryPoints: [join(here, 'pages/hls.ts'), join(here, 'pages/p2pml.ts')],
    outdir: join(built, 'pages'), bundle: true, platform: 'browser', format: 'esm', target: 'es2022', minify: true,
    // As its makers bundle it for browsers.
    alias: Object.fromEntries(['core', 'hlsjs'].map((half) => [`p2p-media-loader-${half}`, join(here, `node_modules/p2p-media-loader-${half}/dist/p2p-media-loader-${half}.es.min.js`)])),
  }),
  copyFile(join(here, 'pages/player.html'), join(built, 'pages/player.html')),
]);
