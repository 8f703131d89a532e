import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import fc from 'fast-check';
import { diagonalOrder } from '../../backend/evaluate/page/heat';
import { html } from '../../backend/evaluate/page/html';
import { printable } from '../../backend/base/printable';
import { findComparison, summarise } from '../../backend/evaluate/page/verdict';
import { formatDuration, formatPerplexity, formatSigned, ticks } from '../../backend/base/format';
import { renderReport } from '../../backend/evaluate/report-page';
import { UserError } from '../../backend/base/errors';
import { expertLetter } from '../../backend/base/letter';
import { type Report, parseReport } from '../../backend/protocol/report';
import { exampleReport } from './example-report';

const hostile = '</pre></style><script>alert(1)</script><img src=x onerror="alert(1)"> \' " & \x1b[31m\u202e';

/** The same report with the difference from the monolithic model replaced. */
function withDifference(deltaNats: number, lo: number, hi: number): Report {
  return { ...exampleReport(), comparisons: [{ a: 'mixture', b: 'monolithic', deltaNats, lo, hi }] };
}

describe('parseReport', () => {
  it('takes back what was written', () => {
    assert.deepEqual(parseReport(JSON.parse(JSON.stringify(exampleReport()))), exampleReport());
  });

  it('opens a report of version 0.1.0, which had neither ids with labels nor roles', async () => {
    const former: unknown = JSON.parse(await readFile('test/fixtures/reports/report-0.1.0.json', 'utf8'));
    const notes = ['The intervals speak of the choice of test documents only, not of training luck.'];
    const { systems, mixer, ...rest } = exampleReport();
    const { against: _, routing: __, ...mixed } = mixer ?? {};
    // Its mixture was that of trained probes.
    const then = systems.map((one) => (one.id === 'mixture' ? { ...one, cooperation: 'probe' } : one));
    assert.deepEqual(parseReport(former), { ...rest, mixer: mixed, systems: then, notes });
  });

  it('names the field at fault', () => {
    const broken = { ...exampleReport(), seconds: Number.NaN };
    assert.throws(
      () => parseReport(broken),
      (error) => error instanceof UserError && error.message.includes('seconds'),
    );
    const matrix = { split: 'em', experts: ['a'], domains: ['x', 'y'], perplexities: [[1]] };
    assert.throws(() => parseReport({ ...exampleReport(), specialisation: matrix }), /\[experts, domains\]/);
    assert.throws(() => parseReport('nothing'), UserError);
  });
});

describe('expertLetter', () => {
  it('goes on after Z', () => {
    assert.deepEqual([0, 25, 26, 27, 52, 701, 702].map(expertLetter), ['A', 'Z', 'AA', 'AB', 'BA', 'ZZ', 'AAA']);
  });
});

describe('summarise', () => {
  it('says so when the bar was beaten, not beaten or missed', () => {
    assert.match(summarise(withDifference(-0.1, -0.12, -0.08)).headline, /predicts unseen text better than one model/);
    assert.match(summarise(withDifference(-0.01, -0.03, 0.01)).headline, /no better than .* within the noise/);
    assert.match(summarise(withDifference(0.1, 0.08, 0.12)).headline, /worse than one model/);
  });

  it('holds the mixture against the best of its experts alone', () => {
    const { mixer, ...report } = exampleReport();
    assert.ok(mixer);
    const overBestSingle = { deltaNats: -0.345, lo: -0.372, hi: -0.318 };
    const { verdicts } = summarise({ ...report, mixer: { ...mixer, overBestSingle } });
    assert.ok(verdicts.some(({ bar, outcome }) => bar === 'the best of its experts alone' && outcome === 'better'));
  });

  it('turns a comparison round', () => {
    const turned = findComparison(withDifference(-0.1, -0.12, -0.08), 'monolithic', 'mixture');
    assert.deepEqual([turned?.deltaNats, turned?.lo, turned?.hi], [0.1, 0.08, 0.12]);
  });

  it('admits that a cheap split found the domains better', () => {
    const last = summarise(exampleReport()).verdicts.at(-1);
    assert.equal(last?.outcome, 'worse');
    assert.match(last?.bar ?? '', /unigram EM/);
  });
});

describe('renderReport', () => {
  const page = renderReport(exampleReport());

  it('takes an oracle for a bound, and for no better way to weigh', () => {
    const { mixer, ...report } = exampleReport();
    assert.ok(mixer);
    const variants = { ...mixer.variants, 'best expert of each token (oracle)': 3.101 };
    const bounded = renderReport({ ...report, mixer: { ...mixer, variants } });
    assert.match(bounded, /No other way of weighing the same experts did better[^]*An oracle knows the text/);
    assert.doesNotMatch(page, /An oracle/);
  });

  it('allows its own style sheet and nothing else', () => {
    const sheet = /<style>([^]*?)<\/style>/.exec(page)?.[1] ?? '';
    const hash = createHash('sha256').update(sheet).digest('base64');
    assert.ok(page.replaceAll('&#39;', "'").includes(`"default-src 'none'; style-src 'sha256-${hash}'; base-uri`));
    assert.doesNotMatch(page, /<script|\sstyle=|\son\w+=|https?:|url\(|@import/);
  });

  it('closes every element it opens', () => {
    const empty = new Set(['meta', 'br', '!doctype']);
    const open: string[] = [];
    for (const [, slash, name, self] of page.matchAll(/<(\/?)([a-z!][a-z0-9]*)\b[^>]*?(\/?)>/g)) {
      if (slash) assert.equal(open.pop(), name);
      else if (!self && !empty.has(name)) open.push(name);
    }
    assert.deepEqual(open, []);
  });

  it('shows every section of a full report', () => {
    assert.deepEqual([...page.matchAll(/<section>/g)].length, 10);
    const [piles, experts, table] = ['The piles', 'What each expert is good at', 'How well each system'].map((t) =>
      page.indexOf(t),
    );
    assert.ok(piles < experts && experts < table);
    assert.doesNotMatch(page, /NaN|Infinity|undefined|\[object/);
  });

  it('keeps the white space of a continuation', () => {
    const passage = /<pre[^>]*>([^]*?)<\/pre>/.exec(page)?.[1] ?? '';
    const text = passage.replace(/<sup>.*?<\/sup>/g, '').replace(/<[^>]*>/g, '');
    assert.ok(text.startsWith('The company’s spokesman said on Tuesday that the agreement shall'), text);
    assert.ok(text.includes('company bought.\nAnna: haha, ok'));
  });

  it('escapes hostile text wherever a corpus or a model can put it', () => {
    const report = exampleReport();
    report.corpus.name = hostile;
    report.corpus.domains[0] = hostile;
    report.model.name = hostile;
    report.notes = [hostile];
    report.mixer = { nll: 1, uniformNll: 1, bestSingleNll: 1, temperature: 1, variants: { [hostile]: 1 } };
    report.continuation = { prompt: hostile, experts: [hostile], tokens: [{ text: hostile, expert: 0, weights: [1] }] };
    for (const split of Object.values(report.splits)) {
      for (const pile of split.piles) [pile.name, pile.terms] = [hostile, [hostile]];
      split.contingency?.domains.fill(hostile);
      split.contingency?.piles.fill(hostile);
    }
    report.specialisation?.experts.fill(hostile);
    report.specialisation?.domains.fill(hostile);
    if (report.perplexity.em) report.perplexity.em.routing = hostile;
    const hurt = renderReport(report);
    assert.doesNotMatch(hurt, /<script|<img|[^\P{Cc}\n\t]|\u202e/u);
    assert.equal([...hurt.matchAll(/<\/pre>/g)].length, 1);
  });

  it('leaves out what a corpus without gold domains does not have', () => {
    const { splits, perplexity, mixer, specialisation, continuation, ...rest } = exampleReport();
    assert.ok(mixer && specialisation && continuation);
    const em = splits.em;
    assert.ok(em && perplexity.em);
    const { nmi, ari, purity, contingency, ...bare } = em;
    assert.ok(nmi && ari && purity && contingency);
    const poor: Report = {
      ...rest,
      corpus: { ...rest.corpus, domains: [] },
      comparisons: [],
      splits: { em: bare },
      perplexity: { em: { ...perplexity.em, domains: {} } },
    };
    const page = renderReport(parseReport(poor));
    assert.doesNotMatch(page, /NaN|Infinity|undefined|NMI/);
    assert.match(page, /without one model on all the data to beat/);
    assert.doesNotMatch(renderReport({ ...poor, splits: {}, perplexity: {} }), /NaN|Infinity|undefined/);
  });
});

describe('html', () => {
  it('lets no string out of text or attribute', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const source = html`<b title="${text}">${text}</b>`.source;
        assert.match(source, /^<b title="[^"<>]*">[^<>]*<\/b>$/);
      }),
    );
  });
});

describe('printable', () => {
  it('shows control characters and stops reordering marks', () => {
    assert.equal(printable('a\x1b[2J\x07b\r\nc\rd\u009b\u202e\ud800\t'), 'a␛[2J␇b\nc␍d\ufffd\ufffd\ufffd\t');
  });

  it('leaves text of all scripts as it is', () => {
    const text = 'naïve 日本語 עברית العربية 👩‍👩‍👧 ⚽\n';
    assert.equal(printable(text), text);
  });
});

describe('layout of the page', () => {
  it('brings the strongest cells to the diagonal', () => {
    assert.deepEqual(
      diagonalOrder(
        [
          [0, 9, 1],
          [8, 0, 0],
          [0, 0, 7],
        ],
        3,
      ),
      [1, 0, 2],
    );
    assert.deepEqual(diagonalOrder([[1, 9, 3]], 3), [1, 0, 2]);
  });

  it('finds round ticks', () => {
    assert.deepEqual(ticks(-0.117, 0.08, 5), [-0.1, -0.05, 0, 0.05]);
    assert.deepEqual(ticks(0, 1, 4), [0, 0.5, 1]);
    assert.deepEqual(ticks(3, 3), [3]);
  });

  it('writes figures for people', () => {
    assert.deepEqual([0.42, 59.7, 187, 7530].map(formatDuration), ['0.4 s', '1 min 00 s', '3 min 07 s', '2 h 06 min']);
    assert.deepEqual([38.214, 111.28, 12345.6].map(formatPerplexity), ['38.21', '111.3', '12,346']);
    assert.deepEqual(
      [-0.0001, 0.0712, -0.0712].map((v) => formatSigned(v)),
      ['0.000', '+0.071', '\u22120.071'],
    );
  });
});
