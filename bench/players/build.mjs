// Makes what runs of what is written here: the comparison itself, and a page for each player of browsers.
import { build } from 'esbuild';
import { copyFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';

const here = import.meta.dirname;
const built = join(here, 'dist');

await mkdir(join(built, 'pages'), { recursive: true });
await Promise.all([
  build({ entryPoints: [join(here, 'main.ts')], outdir: built, outExtension: { '.js': '.mjs' }, bundle: true, platform: 'node', format: 'esm', target: 'node20', packages: 'external' }),
  build({
    entryPoints: ['hls', 'shaka', 'videojs'].map((name) => join(here, `pages/${name}.ts`)),
    outdir: join(built, 'pages'), bundle: true, platform: 'browser', format: 'iife', target: 'es2022', minify: true, logLevel: 'error',
  }),
  copyFile(join(here, 'gstreamer.py'), join(built, 'gstreamer.py')),
]);
