import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

describe('telemetry', () => {
  let home: string;

  beforeEach(async () => (home = await mkdtemp(join(tmpdir(), 'polymath-home-'))));
  afterEach(() => rm(home, { recursive: true, force: true }));

  it("an answer leaves nothing of ONNX Runtime's reports in the user's folders", async () => {
    const given = ['ask', 'Once', '--model', 'base', '--max-tokens', '1', '--project', join(home, 'project'), '--json'];
    const { ORT_DISABLE_TELEMETRY: _, ...rest } = process.env;
    const env = { ...rest, HOME: home, XDG_CACHE_HOME: join(home, 'cache') };
    const { stdout } = await promisify(execFile)(process.execPath, ['dist/backend/cli/main.js', ...given], { env });
    assert.equal((JSON.parse(stdout) as { tokens: unknown[] }).tokens.length, 1);
    const left = (await readdir(home, { recursive: true })).filter((path) => /microsoft|onnxruntime/i.test(path));
    assert.deepEqual(left, []);
  }).timeout(30_000);
});
