/**
 * Vite plugins that shape dist/ for embedding in the Go binary.
 */
import { mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { Plugin } from 'vite';

const gzipAsync = promisify(gzip);

/** Files that shrink. HTML stays as it is: the server fills in its meta tags. */
const compressible = new Set(['.css', '.js', '.json', '.md', '.svg']);

/**
 * Empties the output folder before a build, except for .gitkeep: go:embed does
 * not compile on an empty folder, so Go must build at any moment.
 */
export function cleanOutput(): Plugin {
  let outDir = '';
  return {
    name: 'clean-output',
    apply: 'build',
    configResolved(config) {
      outDir = join(config.root, config.build.outDir);
    },
    async buildStart() {
      await mkdir(outDir, { recursive: true });
      await writeFile(join(outDir, '.gitkeep'), '');
      for (const name of await readdir(outDir)) {
        if (name !== '.gitkeep') {
          await rm(join(outDir, name), { recursive: true });
        }
      }
    },
  };
}

/**
 * Replaces each compressible file by its gzip form, so that the binary holds one
 * copy. The result depends on the content only: zlib writes no time or name.
 */
export function compressOutput(): Plugin {
  let outDir = '';
  return {
    name: 'compress-output',
    apply: 'build',
    configResolved(config) {
      outDir = join(config.root, config.build.outDir);
    },
    async closeBundle(error?: Error) {
      if (error) {
        return;
      }
      const entries = await readdir(outDir, { recursive: true, withFileTypes: true });
      for (const entry of entries) {
        if (entry.isFile() && compressible.has(extname(entry.name))) {
          const path = join(entry.parentPath, entry.name);
          await writeFile(`${path}.gz`, await gzipAsync(await readFile(path), { level: 9 }));
          await rm(path);
        }
      }
    },
  };
}
