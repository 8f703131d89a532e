/** Made-up tables of evaluations with texts that a page must take for nothing but texts. */
import { createRandom } from '../../backend/base/random';
import type { EvolutionTable, ExamRow, ExamTable } from '../../backend/protocol/exam';
import type { PerplexityTable } from '../../backend/protocol/records';
import type { Routing } from '../../backend/protocol/routing';
import type { SweepTable } from '../../backend/protocol/sweep';

export const hostile = {
  markup: '<img src=x onerror=alert(1)> & {b|"quoted"}',
  long: `A system whose name goes on ${'and on '.repeat(20)}`.trim(),
  unbroken: 'x'.repeat(120),
  rightToLeft: 'نموذج عربي طويل (v2)',
} as const;

const routing: Routing = {
  byPrefix: [8, 16, 32, 64, 128, 256].map((tokens, i) => ({
    tokens,
    documents: 60 - 6 * i,
    accuracy: 0.45 + 0.08 * i,
    regret: 0.2 / (i + 1),
  })),
  brier: 0.41,
  ece: 0.082,
  reliability: [0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9].map((from) => ({
    from,
    confidence: from + 0.05,
    accuracy: Math.min(1, 0.9 * from + 0.02),
    tokens: Math.round(2000 * from),
  })),
};

export const perplexityExample: PerplexityTable = {
  documents: 60,
  notes: [`Intervals are over documents of one seed. ${hostile.markup}`],
  routing,
  systems: [
    { name: 'Base model', macro: 91.2, bitsPerByte: 1.912, difference: { deltaNats: 0, lo: 0, hi: 0 } },
    ...(
      [
        [`Expert A ${hostile.markup}`, -0.05],
        [`Expert B ${hostile.long}`, 0.08],
        [`Expert C ${hostile.rightToLeft}`, -0.11],
        ['Equal weights', -0.16],
        ['Mixture', -0.27],
      ] as const
    ).map(([name, deltaNats], i) => ({
      name,
      macro: 91.2 * Math.exp(deltaNats),
      bitsPerByte: 1.912 + deltaNats / 3,
      difference: { deltaNats, lo: deltaNats - 0.03 - 0.01 * i, hi: deltaNats + 0.04 },
    })),
  ],
};

const domains = ['law', 'medicine', hostile.rightToLeft, 'a domain with a long name', ''];

/** Rows with so many questions, of which each is right with a chance of its own. */
export function examExample(questions = 130): ExamTable {
  const random = createRandom(5);
  const asked = Array.from({ length: questions }, (_, i) => {
    const domain = domains[i % domains.length];
    return { id: i === 0 ? hostile.markup : `question-${i}`, ...(domain !== '' && { domain }) };
  });
  const row = (name: string, role: ExamRow['role'], share: number, more: Partial<ExamRow> = {}): ExamRow => {
    const right = asked.map(() => (random.uniform() < share ? '1' : '0')).join('');
    const shareOf = (fits: (domain: string) => boolean): number => {
      const own = [...right].filter((_, i) => fits(domains[i % domains.length]));
      return own.filter((one) => one === '1').length / Math.max(1, own.length);
    };
    const accuracy = shareOf(() => true);
    return {
      name,
      role,
      accuracy: { value: accuracy, lo: Math.max(0, accuracy - 0.08), hi: Math.min(1, accuracy + 0.07) },
      domains: domains
        .filter((_, i) => i < questions)
        .map((domain) => ({
          name: domain,
          questions: Math.ceil(questions / domains.length),
          accuracy: shareOf((one) => one === domain),
        })),
      likelihood: 0.4,
      coverage: 1,
      calls: 4,
      tokens: 512,
      right,
      ...more,
    };
  };
  const against = (value: number) => ({ difference: { value, lo: value - 0.06, hi: value + 0.07 } });
  return {
    part: 'test',
    questions,
    asked,
    rows: [
      row('team by vote', 'council', 0.62, { agreement: 0.41, consistency: 0.83 }),
      row('team by weighted vote', 'council', 0.6, { ...against(0.02), agreement: 0.41 }),
      row(`one model ${hostile.markup}`, 'control', 0.5, against(0.11)),
      row(hostile.long, 'control', 0.45, { ...against(0.16), abstained: 7 }),
      row(hostile.rightToLeft, 'control', 0.4, against(0.2)),
      row('best member of each question', 'bound', 0.85, { ...against(-0.23), calls: 0, tokens: 0 }),
    ],
    notes: ['That half was asked once before.', hostile.markup],
  };
}

/** The same with answers that were written. */
export function freely(table: ExamTable): ExamTable {
  const rows = table.rows.map(({ likelihood: _, agreement: __, ...row }) => ({
    ...row,
    exact: 0.2,
    said: table.asked.map(() => `Written. ${hostile.markup}`),
  }));
  return { ...table, free: true, rows };
}

const roles = [
  'You know contracts and statutes. Answer as a careful lawyer would, and name the rule.',
  'You know medicine. Say what a clinician would do first, in one sentence.',
  'Answer with the letter of the choice that you think is right.',
];
const operators = ['crossover', 'mutation', 'rephrase', `differential ${hostile.markup}`];

/** Generations of `size` candidates each. */
export function evolutionExample(generations = 5, size = 8): EvolutionTable {
  const random = createRandom(9);
  const pick = (most: number): number => Math.floor(random.uniform() * most);
  const candidates: EvolutionTable['candidates'] = [];
  for (let generation = 0; generation < generations; generation++) {
    for (let i = 0; i < size; i++) {
      const number = candidates.length;
      const before = candidates.filter((one) => one.generation < generation && !one.dropped);
      const parents =
        generation === 0 ? [] : [...new Set([before[pick(before.length)].number, before[pick(before.length)].number])];
      const components = [...(candidates[parents[0]]?.components ?? roles)];
      const changed = pick(components.length);
      if (number > 0) {
        const words = components[changed].split(' ');
        words.splice(pick(words.length), 1, ['briefly', 'العربية', hostile.markup, 'with care'][pick(4)]);
        components[changed] = words.join(' ');
      }
      const accuracy = 0.4 + 0.03 * generation + 0.1 * random.uniform();
      candidates.push({
        number,
        generation,
        operator: number === 0 ? 'seed' : generation === 0 ? 'rephrase' : operators[pick(operators.length)],
        parents,
        ...(number > 0 && { changed }),
        dropped: number > 0 && i % 4 === 3,
        components,
        questions: i % 4 === 3 ? 25 : 75,
        scores: {
          fitness: accuracy + 0.05 * random.uniform(),
          accuracy,
          likelihood: 0.3 + 0.2 * random.uniform(),
          information: 0.2 * random.uniform(),
          agreement: random.uniform(),
          words: components.join(' ').split(' ').length + pick(8),
        },
      });
    }
  }
  const whole = candidates.filter(({ dropped }) => !dropped);
  const best = whole.reduce((a, b) => (b.scores.fitness > a.scores.fitness ? b : a));
  return {
    algorithm: 'genetic',
    operators: 'edits',
    from: 'council-example',
    council: 'council-madebyit',
    members: ['A', 'B'],
    questions: 75,
    calls: { spent: 12_400, most: 20_000 },
    tokens: 1_200_000,
    twins: 1,
    ended: 'generations',
    best: best.number,
    candidates,
    retest: 0.43,
    notes: [`Asked: 75 questions of the held-out half. ${hostile.markup}`],
  };
}

export const sweepExample: SweepTable = {
  lines: ['best, measured, priors, 32', hostile.markup, hostile.long, 'k-means, 1, none, 16'].map((name, i) => ({
    name,
    method: 'em',
    parts: { start: 'best', prefix: 32 },
    splits: [1, 2, 3].map((seed) => ({
      split: `split-${i}${seed}aaaa`,
      seed,
      seconds: 12 + 3 * i + seed,
      figures: {
        nmi: 0.8 - 0.1 * i + 0.02 * seed,
        ari: 0.7 - 0.1 * i,
        dead: i === 3 ? seed % 2 : 0,
        perplexity: 60 + 4 * i + seed,
      },
    })),
  })),
};
