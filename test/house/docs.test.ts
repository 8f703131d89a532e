import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { Command } from 'commander';
import { exists } from '../../backend/base/files';
import { createContext } from '../../backend/cli/context';
import { createProgram } from '../../backend/cli/program';

const run = promisify(execFile);

const pages = async (): Promise<string[]> => {
  const below = async (folder: string): Promise<string[]> =>
    (await readdir(folder)).filter((name) => name.endsWith('.md')).map((name) => join(folder, name));
  return [...(await below('.')), ...(await below('docs')), 'bench/README.md', 'test/README.md'];
};

/** As GitHub makes the address of a heading. */
const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\- _]/gu, '')
    .replaceAll(' ', '-');

const anchorsIn = (text: string): string[] => [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading]) => anchorOf(heading));

/** Commands as pages print them: in lines of code, or within a sentence. */
const commandsIn = (text: string): string[] =>
  [...text.matchAll(/(?:^ {4}(?:npx )?|`)polymath ([a-z][^`\n#]*)/gm)].map(([, words]) => words.trim());

/** What a command of the docs has that the command line has not. */
function unknownIn(program: Command, line: string): string[] {
  let command = program;
  const unknown: string[] = [];
  for (const word of line.split(/\s+/)) {
    const [flag] = word.split('=');
    const inner = command.commands.find((each) => each.name() === word);
    if (flag.startsWith('--')) {
      if (!command.options.some(({ long }) => long === flag)) unknown.push(flag);
    } else if (inner !== undefined) command = inner;
    else if (command === program) unknown.push(word);
  }
  return unknown;
}

describe('the docs', () => {
  it('have references that say what the tables of settings, commands and floors say', async () => {
    // Fails with the names of the files that differ.
    await run(process.execPath, ['scripts/docs.mjs', '--check']);
  });

  it('link to what is there', async () => {
    const broken: string[] = [];
    for (const page of await pages()) {
      const text = await readFile(page, 'utf8');
      for (const [, target] of text.matchAll(/\]\(([^)]+)\)/g)) {
        if (/^https?:/.test(target)) continue;
        const [path, anchor] = target.split('#');
        const file = path === '' ? page : join(dirname(page), path);
        const isThere = await exists(file);
        const hasAnchor = anchor === undefined || (isThere && anchorsIn(await readFile(file, 'utf8')).includes(anchor));
        if (!isThere || !hasAnchor) broken.push(`${page}: ${target}`);
      }
    }
    assert.deepEqual(broken, []);
  });

  it('name files that are there', async () => {
    const missing: string[] = [];
    for (const page of ['ARCHITECTURE.md', 'CONTRIBUTING.md', 'docs/protocol.md']) {
      for (const [, named] of (await readFile(page, 'utf8')).matchAll(/`([\w-]+(?:\/[\w-]+)+\.(?:ts|mjs))`/g)) {
        const places = ['', 'backend'].map((folder) => join(folder, named));
        if (!(await Promise.all(places.map(exists))).includes(true)) missing.push(`${page}: ${named}`);
      }
    }
    assert.deepEqual(missing, []);
  });

  it('print commands and flags that there are', async () => {
    const program = createProgram(createContext(new AbortController().signal));
    const wrong: string[] = [];
    for (const page of (await pages()).filter((path) => path !== 'CHANGELOG.md')) {
      for (const line of commandsIn(await readFile(page, 'utf8'))) {
        wrong.push(...unknownIn(program, line).map((part) => `${page}: ${part} in polymath ${line}`));
      }
    }
    assert.deepEqual(wrong, []);
  });

  it('say why each dependency is there', async () => {
    const { dependencies } = JSON.parse(await readFile('package.json', 'utf8')) as { dependencies: object };
    const text = await readFile('docs/dependencies.md', 'utf8');
    assert.deepEqual(
      Object.keys(dependencies).filter((name) => !text.includes(`\`${name}\``)),
      [],
    );
  });

  it('begin with a page that is short', async () => {
    const { length } = await readFile('README.md', 'utf8');
    assert.ok(length <= 9000, `README.md has ${length} characters`);
  });
});
