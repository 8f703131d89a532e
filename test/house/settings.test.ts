import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Command } from 'commander';
import { stringify } from 'yaml';
import { flagOf, type Form, type Raw, type Setting, type SettingsTable } from '../../backend/base/settings';
import { readValues } from '../../backend/base/settings-schema';
import { createContext } from '../../backend/cli/context';
import { createProgram } from '../../backend/cli/program';
import { readSettingsFile } from '../../backend/cli/settings-file';
import { withFlags } from '../../backend/cli/settings-flags';
import { type RunKind, settingsFor } from '../../backend/kinds/kind';
import { readSpec } from '../../backend/kinds/read-spec';
import { type KindTable, runKinds } from '../../backend/kinds/specs';
import { trainKind } from '../../backend/kinds/train/spec';
import { methodData } from '../../backend/split/methods/method';
import { splitMethods } from '../../backend/split/methods/settings';
import { UserError } from '../../backend/base/errors';
import { rowKeys, rowsOf } from '../../extension/wizard/rows';
import { Answers } from './toys/answers';

const kinds: KindTable = runKinds;

/** The command that starts runs of a kind, and which of its arguments and options tell a setting that has no flag of its name. */
interface Asking {
  readonly path: string;
  readonly asked?: Readonly<Record<string, string>>;
  /** A variant is chosen by a flag, and not by a command of its own. */
  readonly flat?: true;
}

const commandOf: Readonly<Record<keyof typeof runKinds, Asking>> = {
  import: { path: 'import', asked: { source: 'source' } },
  'import-questions': { path: 'import', asked: { source: 'source' } },
  'import-experts': { path: 'experts import', asked: { folders: 'folders' } },
  index: { path: 'find', asked: { dataset: '--dataset' } },
  split: { path: 'split', asked: { dataset: 'data' } },
  train: { path: 'train' },
  mix: { path: 'mix' },
  evaluate: { path: 'evaluate' },
  exam: { path: 'exam', asked: { questions: 'questions' } },
  evolve: { path: 'evolve', asked: { algorithm: 'algorithm' } },
  compare: { path: 'run', asked: { dataset: '--data' } },
  sweep: { path: 'bench splitting', asked: { dataset: 'data' } },
  merge: { path: 'merge' },
  pull: { path: 'models pull', asked: { model: 'model' } },
  pipeline: { path: 'pipeline', asked: { source: 'source' }, flat: true },
};

/** No wizard starts an index: a search does, of the dataset that is looked in. */
const unasked = 'index';

/** A key means one thing everywhere, but for these. */
const differing: Readonly<Record<string, string>> = {
  experts: 'A split begins with them, all other runs work on them: the label says so.',
};

interface Case {
  readonly kind: RunKind;
  /** Of the kind's variants. */
  readonly variant?: string;
  readonly table: SettingsTable;
}

/** Every kind, with each way to do it. */
const cases: readonly Case[] = Object.values(kinds).flatMap((kind): Case[] => {
  const { variants } = kind;
  if (variants === undefined) return [{ kind, table: kind.settings }];
  return Object.keys(variants.of).map((variant) => ({
    kind,
    variant,
    table: settingsFor(kind, { [variants.by]: variant }),
  }));
});

const nameOf = ({ kind, variant }: Case): string => (variant === undefined ? kind.kind : `${kind.kind} by ${variant}`);

/** A value of a form, as a file says it, and as a person answers it. */
function exampleOf({ form, default: usual }: Setting): { readonly file: unknown; readonly answer: string } {
  switch (form.type) {
    case 'whole':
    case 'number': {
      const number = typeof usual === 'number' ? usual : Math.max(form.least, Math.min(2, form.most));
      return { file: number, answer: String(number) };
    }
    case 'choice': {
      const [name, label] = Object.entries(form.choices)[0];
      return { file: name, answer: label };
    }
    case 'choices': {
      const [name, label] = Object.entries(form.choices)[0];
      return { file: [name], answer: label };
    }
    case 'flag':
      return { file: true, answer: 'yes' };
    case 'id':
      return { file: `${form.of}-1`, answer: `${form.of}-1` };
    case 'wholes':
      return { file: [2, 3], answer: '2, 3' };
    case 'letter':
      return { file: 'B', answer: 'B' };
    case 'amounts':
      return { file: { A: 0.5 }, answer: 'A=0.5' };
    case 'paths':
      return { file: ['a'], answer: 'a' };
    case 'text':
    case 'path':
    case 'model':
      return { file: 'base', answer: 'base' };
  }
}

/** Nothing of the form, as a file may say it. */
function wrongFor({ type }: Form): unknown {
  return type === 'flag' ? 'perhaps' : type === 'text' ? 5 : { what: 'is this?' };
}

describe('every setting of every kind of run', () => {
  const program = createProgram(createContext(new AbortController().signal));
  let folder: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'polymath-'));
  });

  after(() => rm(folder, { recursive: true, force: true }));

  function commandNamed(path: string): Command {
    return path.split(' ').reduce((command, name) => {
      const found = command.commands.find((inner) => inner.name() === name);
      assert.ok(found !== undefined, `there is no command ${path}`);
      return found;
    }, program);
  }

  /** What a file of settings with these values comes to, as its kind is told it. */
  async function specFrom({ kind, variant, table }: Case, said: Raw): Promise<Raw> {
    const needed = Object.entries(table).filter(([, { required }]) => required === true);
    const examples = Object.fromEntries(needed.map(([key, setting]) => [key, exampleOf(setting).file]));
    const by = variant === undefined ? {} : { [kind.variants?.by ?? '']: variant };
    const path = join(folder, 'settings.yaml');
    await writeFile(path, stringify({ kind: kind.kind, ...examples, ...by, ...said }));
    return readSpec(kinds, { kind: kind.kind, ...(await readSettingsFile(path, table)) });
  }

  const refusal = (given: Case, said: Raw): Promise<UserError | undefined> =>
    specFrom(given, said).then(
      () => undefined,
      (error: unknown) => {
        assert.ok(error instanceof UserError, String(error));
        return error;
      },
    );

  for (const given of cases) {
    const { kind, variant, table } = given;
    describe(`${nameOf(given)}:`, () => {
      it('is told by a flag or an argument of a command', () => {
        const { path, asked = {}, flat } = commandOf[kind.kind as keyof typeof runKinds];
        const command = commandNamed(variant === undefined || flat ? path : `${path} ${variant}`);
        for (const [key, setting] of Object.entries(table)) {
          const other = setting.command === undefined ? undefined : commandNamed(setting.command);
          const { options, registeredArguments } = other ?? command;
          const told =
            key === kind.variants?.by ||
            options.some(({ long }) => long === flagOf(key, setting) || long === asked[key]) ||
            registeredArguments.some((argument) => other !== undefined || argument.name() === asked[key]);
          assert.ok(told, `nothing of ${path} tells ${key}`);
        }
      });

      it('is told by a file, under its key and its flag, and refused by its flag where it is wrong', async () => {
        for (const [key, setting] of Object.entries(table)) {
          if (key === kind.variants?.by) continue;
          const value = exampleOf(setting).file;
          for (const name of [key, flagOf(key, setting).slice(2)]) {
            const refused = await refusal(given, { [name]: value });
            if (refused === undefined) continue;
            // A rule lets it through beside something else, unless the method begins with no piles.
            const ruled = kind.rules?.some(({ message }) => message === refused.message) === true;
            assert.ok(ruled, `${key}: ${refused.message}`);
            assert.ok(begins(given) || (await acceptedBeside(given, { [name]: value })), `${key}: ${refused.message}`);
          }
          const wrong = await refusal(given, { [key]: wrongFor(setting.form) });
          assert.ok(wrong !== undefined, `${key} takes anything`);
          assert.ok(
            withFlags(wrong.message, kinds).startsWith(flagOf(key, setting)),
            `${key}: ${withFlags(wrong.message, kinds)}`,
          );
        }
      });

      it('has a row in the wizard, whose answer a run can be told, or is asked for before', async () => {
        const askers = { id: answered, path: answered, model: answered };
        const rows = rowsOf<Answers>(table, { askers });
        assert.equal(rows.length, rowKeys(table).length);
        for (const [i, key] of rowKeys(table).entries()) {
          const { answer } = exampleOf(table[key]);
          const told = await rows[i].change(new Answers([answer]), {});
          assert.notEqual(told[key], undefined, key);
          assert.match(rows[i].show(told), /./);
          const shape = { [key]: table[key] };
          assert.doesNotThrow(() => readValues(shape, told), `${key}: ${JSON.stringify(told)}`);
        }
        const subjects = Object.entries(table).filter(([, { subject }]) => subject === true && kind.kind !== unasked);
        const asked = await askedSubjects(kind.kind);
        for (const [key] of subjects) assert.ok(asked.has(key), `no wizard asks for ${key}`);
      });

      it('has a default that it could be told', () => {
        for (const [key, setting] of Object.entries(table)) {
          if (setting.default === undefined) continue;
          const told = { [key]: setting.default };
          assert.deepEqual(readValues({ [key]: setting }, told), told);
        }
      });

      it('stands where a person looks for it: what the run is about first, name, seed and device last', () => {
        const keys = Object.keys(table);
        const rows = rowKeys(table);
        const ends = ['name', 'seed', 'seeds', 'device'];
        assert.equal(table[keys[0]].subject, true);
        assert.deepEqual(
          rows.slice(rows.length - rows.filter((key) => ends.includes(key)).length),
          ends.filter((key) => rows.includes(key)),
        );
        const own = Object.keys(kind.variants?.of[variant ?? '']?.settings ?? {});
        const first = keys.indexOf(kind.variants?.by ?? '') + 1;
        assert.deepEqual(keys.slice(first, first + own.length), own);
      });

      it('has a flag of its own', () => {
        const flags = Object.entries(table).map(([key, setting]) => flagOf(key, setting));
        assert.deepEqual(flags, [...new Set(flags)]);
      });
    });
  }

  const begins = ({ variant }: Case): boolean => methodData(splitMethods, variant ?? '')?.beginsAnew === true;

  const answered = (ask: Answers): Promise<string> => ask.text({ prompt: '', value: '', check: () => undefined });

  async function acceptedBeside(given: Case, said: Raw): Promise<boolean> {
    for (const [key, setting] of Object.entries(given.table)) {
      if (key in said || key === given.kind.variants?.by) continue;
      const { form } = setting;
      for (const value of form.type === 'choice' ? Object.keys(form.choices) : [exampleOf(setting).file]) {
        if ((await refusal(given, { ...said, [key]: value })) === undefined) return true;
      }
    }
    return false;
  }

  /** What the editor's commands ask for before the last question, by the source of those that start runs of a kind. */
  async function askedSubjects(kind: string): Promise<ReadonlySet<string>> {
    const camel = kind.replaceAll(/-./g, (part) => part[1].toUpperCase());
    const names = (await readdir('extension/commands')).filter((name) => name.endsWith('.ts'));
    const sources = await Promise.all(names.map((name) => readFile(join('extension/commands', name), 'utf8')));
    const questions = sources.flatMap((source) => [
      ...source.matchAll(new RegExp(`kind: ${camel}Kind,\\s*subjects: (\\{[^;]*?\\}),\\s*\\w+:`, 'g')),
      ...source.matchAll(new RegExp(`begin\\(polymath, (\\{ kind: '${kind}'[^;]*\\})\\)`, 'g')),
    ]);
    return new Set(
      questions.flatMap(([, told]) => [...told.matchAll(/[{,]\s*(\w+)(?=\s*[:,}])/g)].map(([, key]) => key)),
    );
  }

  it('means one thing, whichever kind takes it', () => {
    const meaning = new Map<string, string>();
    for (const given of cases) {
      for (const [key, { form, label }] of Object.entries(given.table)) {
        if (key in differing) continue;
        const own = `${form.type}, “${label}”`;
        assert.equal(own, meaning.get(key) ?? own, `${key} of ${nameOf(given)}`);
        meaning.set(key, own);
      }
    }
  });

  it('is told no more by a wizard once it means nothing beside a changed one', async () => {
    const { settings } = trainKind;
    const rows = rowsOf<Answers>(settings, { askers: {} });
    const adapter = rows.find(({ label }) => label === settings.adapter.label) ?? assert.fail();
    const told = await adapter.change(new Answers(['all weights of each expert']), {
      rank: 4,
      rsLora: true,
      epochs: 2,
    });
    assert.deepEqual(told, { epochs: 2, adapter: 'full' });
  });

  it('has a command that is known here', () => {
    assert.deepEqual(Object.keys(commandOf).sort(), Object.keys(kinds).sort());
  });

  it('stands in no command twice, and commands that compute can be told to do it again', () => {
    const walk = (command: Command, path: string): void => {
      const flags = command.options.flatMap(({ long, short }) => [long, short].filter((flag) => flag != null));
      assert.deepEqual(flags, [...new Set(flags)], path);
      assert.equal(flags.includes('--estimate'), flags.includes('--again'), path);
      for (const inner of command.commands) walk(inner, `${path} ${inner.name()}`);
    };
    walk(program, 'polymath');
  });
});
