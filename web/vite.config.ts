import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';
import { cleanOutput, compressOutput } from './build/output.ts';

const file = (name: string) => fileURLToPath(new URL(name, import.meta.url));

// The API that `npm run dev` talks to: the address of a running server.
const api = process.env.API_URL ?? 'http://127.0.0.1:8080';

export default defineConfig({
  // Relative addresses let a proxy serve the pages below any path.
  base: './',
  appType: 'mpa',
  resolve: {
    alias: {
      'react-style-singleton': file('src/playground/style-singleton.ts'),
    },
  },
  plugins: [cleanOutput(), compressOutput()],
  build: {
    target: 'es2023',
    // Emptied by cleanOutput, which keeps the file that go:embed needs.
    emptyOutDir: false,
    // Inlined files would be data: addresses, which the policy allows for
    // images and fonts only.
    assetsInlineLimit: 0,
    // The helper is only for browsers without modulepreload, which cannot run
    // an es2023 bundle anyway.
    modulePreload: { polyfill: false },
    // The playground's editor is one large chunk by nature.
    chunkSizeWarningLimit: 1500,
    license: { fileName: 'licenses.md' },
    rolldownOptions: {
      input: [file('index.html'), file('playground.html')],
      onLog(level, log, report) {
        // "use client" in a dependency means something to server rendering only.
        if (log.code !== 'MODULE_LEVEL_DIRECTIVE') {
          report(level, log);
        }
      },
    },
  },
  server: {
    proxy: {
      '/graphql': { target: api, ws: true },
      '/readyz': api,
      '/playground/examples.json': api,
      '/playground/development.json': api,
    },
  },
});
