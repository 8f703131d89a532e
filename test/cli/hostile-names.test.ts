import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseReport } from '../../backend/protocol/report';
import { vocabularies, generatedCorpus } from '../support/corpus';
import { polymath } from '../support/program';

/** Names that every object of JavaScript has, and names that would command a terminal: a colour, a title, a bell, a line redrawn. */
const inherited = ['constructor', '__proto__', 'toString'];
const commanding = ['\u001b[31mred', '\u001b]0;title\u0007', '\u009b2Jgone\r'];

/** The generated corpus with these names for its domains, in a column beside its text, and in its metadata. */
function corpusNaming(names: readonly string[], documents: number): string {
  const old = Object.keys(vocabularies);
  const lines = generatedCorpus(documents).trim().split('\n');
  return lines
    .map((line, i) => {
      const { text, domain } = JSON.parse(line) as { text: string; domain: string };
      const name = names[old.indexOf(domain)];
      return `{"id": ${JSON.stringify(`${name} ${i}`)}, "text": ${JSON.stringify(text)}, "domain": ${JSON.stringify(name)}, ${JSON.stringify(name)}: {"hasOwnProperty": ${i}}}\n`;
    })
    .join('');
}

describe('a corpus whose domains, columns and piles have hostile names', () => {
  let folder: string;

  before(async () => {
    folder = await realpath(await mkdtemp(join(tmpdir(), 'polymath-')));
  });

  after(() => rm(folder, { recursive: true, force: true }));

  it('names that all objects have are names like others, from the import to the report', async () => {
    await writeFile(join(folder, 'inherited.jsonl'), corpusNaming(inherited, 120));
    const on = (...words: string[]): ReturnType<typeof polymath> =>
      polymath(folder, ...words, '--project', 'inherited');
    const sizes = [
      '--k',
      '3',
      '--tokens',
      '1200',
      '--documents',
      '60',
      '--validation-documents',
      '6',
      '--test-documents',
      '9',
      '--rounds',
      '1',
      '--tokens-per-round',
      '400',
      '--prefix',
      '16',
    ];
    const run = await on('run', '--data', 'inherited.jsonl', ...sizes);
    assert.equal(run.code, 0, run.err);
    const report = parseReport(JSON.parse(await readFile(join(folder, 'inherited', 'report.json'), 'utf8')));
    assert.deepEqual(report.corpus.domains, [...inherited].sort());
    for (const figures of Object.values(report.perplexity)) {
      assert.deepEqual(Object.keys(figures.domains).sort(), [...inherited].sort());
      for (const name of inherited)
        assert.ok(Number.isFinite(Object.getOwnPropertyDescriptor(figures.domains, name)?.value));
    }
    for (const name of inherited) assert.ok(run.out.includes(name), run.out);
    const renamed = await on('piles', '--rename', 'A', '--to', '__proto__');
    assert.equal(renamed.code, 0, renamed.err);
    assert.match((await on('piles')).out, /__proto__/);
    const { items } = JSON.parse((await on('datasets', '--json')).out) as { items: { domains: { name: string }[] }[] };
    assert.deepEqual(items[0].domains.map(({ name }) => name).sort(), [...inherited].sort());
  });

  it('no name commands a terminal: no command writes a control character that comes from outside', async () => {
    const name = commanding[1];
    await mkdir(join(folder, name));
    const source = join(folder, name, `${name}.jsonl`);
    await writeFile(source, `${corpusNaming(commanding, 90)}{"text": 5, ${JSON.stringify(name)}: 1}\n`);
    const project = join(folder, name, '.polymath');
    const written: string[] = [];
    const on = async (...words: string[]): Promise<string> => {
      const { out, err } = await polymath(folder, ...words, '--project', project);
      written.push(`${words.join(' ')}: ${out}${err}`);
      // eslint-disable-next-line no-control-regex
      assert.doesNotMatch(out + err, /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/, JSON.stringify([words, out, err]));
      return out;
    };
    await on('import', source, '--name', name);
    await on('import', source, '--name', name, '--format', name);
    await on('datasets');
    await on('split', 'unigram', '--k', '3');
    await on('piles', '--rename', 'A', '--to', name);
    await on('piles');
    await on('piles', '--report');
    await on('piles', '--json');
    await on('train', '--tokens', '300');
    await on('experts');
    await on('mix', '--weighting', 'uniform');
    await on('councils', '--add', name);
    await on('ask', name, '--max-tokens', '2');
    await on('ask', name, '--from', name);
    await on('runs');
    await on('runs', name);
    await on('doctor');
    await on(name);
    await on('split', `--${name}`);
    assert.ok(written.join('').includes('␛]0;title␇'), 'the names were shown');
  });
});
