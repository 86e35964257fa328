import { svelte } from '@sveltejs/vite-plugin-svelte';
import { resolve } from 'node:path';
import type { Plugin } from 'vite';
import { defineConfig } from 'vitest/config';

// `npm run dev` shows pages from here and passes everything else to a running `shoal serve` (or `shoal demo`).
const server = process.env.SHOAL_SERVER ?? 'http://127.0.0.1:8080';

/** What other sites name in their pages: addresses that stay. */
const scripts: Readonly<Record<string, string>> = { 'shoal-player': 'app/element/main.ts', 'shoal-hls': 'app/guest/main.ts' };

/** In development the server's routes lead to the pages as they do in the binary. */
function page(url: string): string | undefined {
  const path = url.split('?')[0] ?? '';
  if (/^\/c\/[^/]+(\/r\/\d+|\/clip\/\w+)?$/.test(path)) return '/watch.html';
  if (/^\/embed\/[^/]+$/.test(path)) return '/embed.html';
  if (path === '/live' || path === '/upload' || path === '/settings') return `${path}.html`;
  return undefined;
}

const STYLE = 'style:';

/** 'style:./X.svelte' is the style of a component as text: element/styles.ts puts it where no link reaches. */
function styles(): Plugin {
  return {
    name: 'shoal-styles',
    enforce: 'pre',
    async resolveId(id, importer) {
      if (!id.startsWith(STYLE)) return null;
      const component = await this.resolve(id.slice(STYLE.length), importer);
      return component ? `\0${STYLE}${component.id}.text` : null;
    },
    async load(id) {
      const component = id.startsWith(`\0${STYLE}`) ? id.slice(1 + STYLE.length, -'.text'.length) : null;
      if (component === null) return null;
      const { meta } = await this.load({ id: component }); // compiled by the Svelte plugin, which leaves its style here
      const css = (meta as { svelte?: { css?: { code?: string } } }).svelte?.css?.code;
      if (!css) throw new Error(`${component} has no style`);
      const short = css.replace(/\/\*[^]*?\*\//g, '').replace(/\s+/g, ' ');
      return { code: `export default ${JSON.stringify(short)};`, moduleType: 'js' };
    },
  };
}

const HYDRATING = 'export let hydrating = false;';
const HYDRATED = 'hydrating = value;';

/**
 * Leaves out what Svelte has for pages that a server has rendered, as none of ours is. Svelte guards all of it by one variable, for that purpose, but
 * the bundler does not see that nothing ever sets it.
 */
function unrendered(): Plugin {
  return {
    name: 'shoal-unrendered',
    enforce: 'pre',
    transform(code, id) {
      if (!/svelte\/src\/internal\/client\/dom\/hydration\.js/.test(id)) return null;
      if (!code.includes(HYDRATING) || !code.includes(HYDRATED)) throw new Error(`${id} is not what it was: the pages would be larger`);
      return { code: code.replace(HYDRATING, 'export const hydrating = false;').replace(HYDRATED, ''), map: null };
    },
  };
}

export default defineConfig({
  plugins: [
    styles(),
    unrendered(),
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
  experimental: {
    // Scripts find what they load beside themselves: on a page of another site they are not at its root.
    renderBuiltUrl: (_name, { hostType }) => (hostType === 'js' ? { relative: true } : undefined),
  },
  build: {
    target: 'es2022',
    outDir: 'dist',
    emptyOutDir: true,
    assetsInlineLimit: 0, // no data: addresses, so that the content security policy can stay strict
    modulePreload: { polyfill: false, resolveDependencies: (_name, needed, { hostType }) => (hostType === 'js' ? [] : needed) },
    chunkSizeWarningLimit: 640, // hls.js is one chunk of its own
    reportCompressedSize: true,
    rolldownOptions: {
      input: {
        ...Object.fromEntries(['index', 'watch', 'embed', 'live', 'upload', 'settings'].map((name) => [name, resolve(import.meta.dirname, `${name}.html`)])),
        ...Object.fromEntries(Object.entries(scripts).map(([name, path]) => [name, resolve(import.meta.dirname, path)])),
      },
      preserveEntrySignatures: 'exports-only',
      output: {
        entryFileNames: ({ name }) => (name in scripts ? '[name].js' : 'assets/[name]-[hash].js'),
        codeSplitting: {
          groups: [
            // Few pieces: a page asks for six at a time, and each costs it more than its bytes do. hls.js and what is nothing without it:
            { name: 'hls.js', test: /node_modules[\\/]hls\.js|[\\/]web[\\/]player[\\/](hls|audio|buffers|captions|returns|worker|staying)\.ts/, priority: 2 },
            // What is also on pages of other sites comes without a style: vite would link that into them.
            { name: 'player', test: /node_modules[\\/](svelte|esm-env|clsx)|rolldown[\\/]runtime|[\\/]web[\\/](player|app[\\/](visit|sharing|shoal|recordings|channels|element))[\\/](?!main|element|attributes|show|styles|state|own|health|hls|audio|buffers|captions|returns|worker|staying)[a-z.]*\.ts$/, priority: 3 },
            { name: 'page', test: /[\\/]web[\\/]app[\\/](look[\\/]base\.css$|(look|frame|diagnosis|picture)[\\/][A-Za-z]*\.svelte)/, priority: 1 },
          ],
        },
      },
    },
  },
  server: {
    proxy: {
      '/hls': server,
      '/whip': server,
      '/uploads': server,
      '/api': { target: server, ws: true },
    },
  },
  test: {
    include: ['{app,player,engine}/**/*.test.ts'],
    environment: 'node',
  },
});
