import assert from 'node:assert/strict';
import { createProgressLine } from '../../backend/cli/progress-line';
import stringWidth from 'string-width';
import type { Progress } from '../../backend/base/progress';
import { createScreen } from './double';

const training = (done: number, note?: string): Progress => ({
  stage: 'training experts',
  done,
  total: 10_000,
  unit: 'tokens',
  ...(note === undefined ? {} : { note }),
});

describe('createProgressLine on a terminal', () => {
  it('redraws one line, with rate and time left, at most ten times a second', () => {
    const screen = createScreen({ interactive: true, columns: 120 });
    let time = 100;
    const line = createProgressLine(screen, () => time);
    for (let step = 0; step <= 64; step++) {
      time = 100 + step / 16;
      line.report(training(5000 * (step / 64), 'loss 3.41'));
    }
    assert.equal(screen.written.length, 33);
    assert.ok(screen.written.every((text) => text.startsWith('\r\x1b[2K') && !text.includes('\n')));
    assert.match(
      screen.written.at(-1) ?? '',
      /training experts {2}▕█+.* 50 % {2}5,000 of 10,000 tokens · 4\.0 s left · loss 3\.41 · 1,250 tokens\/s/,
    );
  });

  it('closes each stage with its duration', () => {
    const screen = createScreen({ interactive: true });
    let time = 0;
    const line = createProgressLine(screen, () => time);
    line.report(training(0));
    time = 187;
    line.report(training(10_000, 'loss 3.20'));
    line.report({ stage: 'scoring', done: 0, total: 5, unit: 'documents' });
    time = 190;
    line.finish('failed');
    line.finish();
    assert.match(screen.text(), /✓ training experts {2}10,000 tokens in 3 min 07 s, loss 3\.20\n/);
    assert.match(screen.text(), /✗ scoring {2}0 of 5 documents stopped after 3\.0 s\n$/);
  });

  it('fits every width', () => {
    for (let columns = 4; columns < 130; columns++) {
      const screen = createScreen({ interactive: true, columns });
      createProgressLine(screen, () => 0).report(training(1234, 'loss 3.41'));
      assert.ok(stringWidth(screen.text().replace('\r\x1b[2K', '')) < columns, `${columns}`);
    }
  });

  it('follows a change of speed, and a count that starts again', () => {
    const screen = createScreen({ interactive: true, columns: 120 });
    let time = 0;
    const line = createProgressLine(screen, () => time);
    for (; time < 60; time++) line.report(training(time));
    for (; time <= 100; time++) line.report(training(60 + 100 * (time - 60)));
    assert.match(screen.written.at(-1) ?? '', /100 tokens\/s/);
    line.report(training(0));
    time++;
    line.report(training(50));
    assert.match(screen.written.at(-1) ?? '', /50 tokens\/s/);
  });

  it('prints other lines above itself', () => {
    const screen = createScreen({ interactive: true });
    const line = createProgressLine(screen, () => 0);
    line.report(training(5));
    line.print('3 rows were not imported');
    assert.equal(screen.written[1], '\r\x1b[2K3 rows were not imported\n');
    assert.match(screen.written[2], /training experts/);
  });
});

describe('createProgressLine in a log', () => {
  it('writes a plain line every five seconds', () => {
    const screen = createScreen();
    let time = 0;
    const line = createProgressLine(screen, () => time);
    for (; time <= 20; time += 0.125) line.report(training(100 * time));
    line.finish();
    const lines = screen.text().trimEnd().split('\n');
    assert.equal(lines.length, 6);
    assert.ok(!screen.text().includes('\r') && !screen.text().includes('\x1b'));
    assert.match(lines[5], /✓ training experts/);
  });

  it('starts each stage with a line', () => {
    const screen = createScreen();
    const line = createProgressLine(screen, () => 0);
    for (const stage of ['a', 'b']) line.report({ stage, done: 0, total: 0, unit: 'documents' });
    assert.equal(screen.text(), 'a  0 documents\n✓ a  0 documents in 0.0 s\nb  0 documents\n');
  });
});
