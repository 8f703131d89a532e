import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { exists } from './files';

/** The repository's or package's own folder, wherever the program was built to: models and programs lie in it. */
export async function packageFolder(): Promise<string> {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!(await exists(join(folder, 'package.json')))) {
    const parent = dirname(folder);
    if (parent === folder) throw new Error('the package folder was not found');
    folder = parent;
  }
  return folder;
}

/** The folder of the model that is part of this package. */
export async function bundledModel(): Promise<string> {
  return join(await packageFolder(), 'models', 'polymath-base');
}

/** A built program of this package, to be started as a child process: `backend/programs/runner`. */
export async function program(name: string): Promise<string> {
  return join(await packageFolder(), 'dist', `${name}.js`);
}
