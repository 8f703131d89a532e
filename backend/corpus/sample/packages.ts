import { createRequire } from 'node:module';
import { dirname } from 'node:path';

/** The folder of an npm package that is installed with this one. */
export function packageFolder(name: string): string {
  return dirname(createRequire(import.meta.url).resolve(`${name}/package.json`));
}
