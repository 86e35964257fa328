import { svelte } from '@sveltejs/vite-plugin-svelte';
import { resolve } from 'node:path';
import { defineConfig } from 'vitest/config';

// `npm run dev` shows pages from here and passes everything else to a running `shoal serve` (or `shoal demo`).
const server = process.env.SHOAL_SERVER ?? 'http://127.0.0.1:8080';

/** In development the server's routes lead to the three pages as they do in the binary. */
function page(url: string): string | undefined {
  const path = url.split('?')[0] ?? '';
  if (/^\/c\/[^/]+(\/r\/\d+|\/clip\/\w+)?$/.test(path)) return '/watch.html';
  if (/^\/embed\/[^/]+$/.test(path)) return '/embed.html';
  return undefined;
}

export default defineConfig({
  plugins: [
    svelte(),
    {
      name: 'shoal-routes',
      configureServer(dev) {
        dev.middlewares.use((request, _response, next) => {
          request.url = page(request.url ?? '') ?? request.url ?? '/';
          next();
        });
      },
    },
  ],
  base: '/',
  build: {
    target: 'es2022',
    outDir: 'dist',
    emptyOutDir: true,
    assetsInlineLimit: 0, // no data: addresses, so that the content security policy can stay strict
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 640, // hls.js is one chunk of its own
    reportCompressedSize: true,
    rolldownOptions: {
      input: ['index', 'watch', 'embed'].map((name) => resolve(import.meta.dirname, `${name}.html`)),
      output: {
        codeSplitting: {
          groups: [
            { name: 'hls', test: /node_modules[\\/]hls\.js/ },
            { name: 'svelte', test: /node_modules[\\/](svelte|esm-env|clsx)/ },
          ],
        },
      },
    },
  },
  server: {
    proxy: {
      '/hls': server,
      '/api': { target: server, ws: true },
    },
  },
  test: {
    include: ['{app,player,engine}/**/*.test.ts'],
    environment: 'node',
  },
});
