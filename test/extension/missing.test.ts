import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { locateModel } from '../../backend/model-files/source';
import { UserError } from '../../backend/base/errors';
import { stepsNamed } from '../../extension/errors/missing';

describe('the next step of an error', () => {
  it('is offered as a command of the editor where it names one of the command line', async () => {
    const error: unknown = await locateModel('nobody/nothing').catch((error: unknown) => error);
    assert.ok(error instanceof UserError);
    assert.deepEqual(stepsNamed(error.next), [{ title: 'Pull Model…', command: 'polymath.models.pull' }]);
    const two = stepsNamed('Run `polymath train` first, or `polymath experts import`.');
    assert.deepEqual(
      two.map(({ title }) => title),
      ['Train Experts…', 'Import Experts…'],
    );
    assert.deepEqual(stepsNamed('Check the path.'), []);
  });

  it('bears the title that the command has', async () => {
    const { contributes } = JSON.parse(await readFile('package.json', 'utf8')) as {
      contributes: { commands: { command: string; title: string }[] };
    };
    const words = ['models pull', 'split', 'train', 'experts import', 'mix', 'devices'];
    for (const word of words) {
      const [{ title, command }] = stepsNamed(`Run \`polymath ${word}\`.`);
      assert.equal(contributes.commands.find((entry) => entry.command === command)?.title, title);
    }
  });
});
