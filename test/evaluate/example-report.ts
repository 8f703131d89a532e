import { createRandom } from '../../backend/base/random';
import { comparisonOf } from '../../backend/evaluate/plan';
import type { Comparison, PerplexityReport, Report, RoundReport, SplitReport } from '../../backend/protocol/report';

const domains = ['biomedical', 'code', 'dialogue', 'law', 'math', 'news'];
const sizes = [550, 139, 1087, 473, 1148, 1109];
const total = sizes.reduce((sum, n) => sum + n, 0);
const names = [
  'Clinical studies',
  'Python functions',
  'Chats between friends',
  'Contracts and terms',
  'Word problems',
  'World and business news',
];
const terms = [
  ['patients', 'aim', 'outcomes', 'clinical', 'cohort', 'significantly', 'surgery', 'mortality'],
  ['def', 'return', 'list', '>>>', 'string', 'integer', 'function', 'int'],
  ['haha', 'yeah', 'hey', 'ok', 'tonight', 'lol', 'thanks', 'gonna'],
  ['agreement', 'party', 'shall', 'pursuant', 'company', 'thereof', 'disclosing', 'herein'],
  ['how', 'many', 'each', 'cost', 'total', 'bought', 'twice', 'minutes'],
  ['reuters', 'ap', 'oil', 'prices', 'microsoft', 'stocks', 'iraq', 'season'],
];

/** Piles × domains counts in which `purity` of every domain is in its own pile. */
function counts(purity: number): number[][] {
  return domains.map((_, pile) =>
    sizes.map((size, domain) =>
      Math.round(size * (pile === domain ? purity : ((1 - purity) * (1 + ((pile + domain) % 3))) / 10)),
    ),
  );
}

// Those of version 0.1.0.
const systemIds = ['base', 'monolithic', 'random', 'kmeans', 'unigram', 'em', 'gold', 'mixture'];
const plan = comparisonOf({ systems: systemIds, controls: 'all' }, true);

function split(id: string, purity: number, scores: readonly [number, number, number], seconds: number): SplitReport {
  const { label = '', role } = plan.splits.find((one) => one.id === id) ?? {};
  const table = counts(purity);
  const piles = table.map((row) => row.reduce((sum, n) => sum + n, 0));
  const shares = piles.map((n) => n / piles.reduce((sum, m) => sum + m, 0));
  const balance = -shares.reduce((sum, s) => sum + s * Math.log(s), 0) / Math.log(6);
  return {
    label,
    ...(role && { role }),
    nmi: scores[0],
    ari: scores[1],
    purity: scores[2],
    seconds,
    shares,
    balance,
    dead: 0,
    contingency: { domains, piles: names, counts: table },
    piles: names.map((name, i) => ({ name, size: piles[i], terms: terms[i] })),
  };
}

function rounds(): RoundReport[] {
  const random = createRandom(7);
  const gold = sizes.map((n) => n / total);
  return Array.from({ length: 14 }, (_, i) => {
    const settled = 1 - Math.exp(-i / 3);
    const raw = gold.map((g) =>
      Math.max(0.01, (1 - settled) / 6 + settled * g + 0.012 * random.normal() * (1 - settled)),
    );
    const sum = raw.reduce((a, b) => a + b, 0);
    return {
      round: i + 1,
      beta: 0.004 * (1 / 0.004) ** (i / 13),
      entropy: 1.78 * (1 - settled) ** 0.9 + 0.05,
      churn: Math.max(0.006, 0.62 * Math.exp(-i / 2.4)),
      dead: 0,
      shares: raw.map((r) => r / sum),
      trainLoss: 3.52 + 1.1 * Math.exp(-i / 3.2),
      validationLoss: 3.71 + 0.98 * Math.exp(-i / 2.8),
    };
  });
}

const nats: Record<string, number> = {
  base: 4.712,
  monolithic: 3.803,
  random: 3.871,
  kmeans: 3.742,
  unigram: 3.718,
  em: 3.731,
  gold: 3.699,
  mixture: 3.707,
};
const offsets = [0.22, -0.61, 0.08, -0.12, -0.34, 0.77];

function perplexity(system: string): PerplexityReport {
  const macro = nats[system];
  const wobble = createRandom(system.length, 3);
  return {
    macro: Math.exp(macro),
    micro: Math.exp(macro + 0.094),
    bitsPerByte: macro * 0.412,
    domains: Object.fromEntries(domains.map((d, i) => [d, Math.exp(macro + offsets[i] + 0.03 * wobble.normal())])),
    interval: [Math.exp(macro - 0.021), Math.exp(macro + 0.022)],
    ...(system === 'base'
      ? {}
      : { perSeed: [-0.008, 0.002, 0.006].map((d) => Math.exp(macro + d * (1 + wobble.uniform()))) }),
    ...(system === 'em' || system === 'kmeans' ? { routing: 'posterior of its first 32 tokens' } : {}),
  };
}

function compare(a: string, b: string, half: number): Comparison {
  const deltaNats = nats[a] - nats[b];
  return {
    a,
    b,
    deltaNats,
    lo: deltaNats - half,
    hi: deltaNats + 1.1 * half,
    p: Math.abs(deltaNats) > half ? 0.001 : 0.31,
  };
}

function continuation(): NonNullable<Report['continuation']> {
  const pieces: readonly (readonly [number, string])[] = [
    [5, ' said'],
    [5, ' on'],
    [5, ' Tuesday'],
    [5, ' that'],
    [3, ' the'],
    [3, ' agreement'],
    [3, ' shall'],
    [3, ' be'],
    [3, ' governed'],
    [3, ' by'],
    [5, ' the'],
    [5, ' rising'],
    [5, ' price'],
    [5, ' of'],
    [5, ' oil'],
    [5, '.'],
    [0, ' The'],
    [0, ' aim'],
    [0, ' of'],
    [0, ' this'],
    [0, ' study'],
    [0, ' was'],
    [4, ' to'],
    [4, ' find'],
    [4, ' how'],
    [4, ' many'],
    [4, ' barrels'],
    [4, ' each'],
    [4, ' company'],
    [4, ' bought'],
    [4, '.\n'],
    [2, 'Anna'],
    [2, ':'],
    [2, ' haha'],
    [2, ','],
    [2, ' ok'],
    [1, ' def'],
    [1, ' total'],
    [1, '(x'],
    [1, '):'],
    [2, ' lol'],
    [2, '!'],
  ];
  const random = createRandom(11);
  return {
    prompt: 'The company’s spokesman',
    experts: names,
    tokens: pieces.map(([expert, text]) => {
      const raw = names.map((_, i) => (i === expert ? 1 + 3 * random.uniform() : 0.7 * random.uniform()));
      const sum = raw.reduce((a, b) => a + b, 0);
      return { text, expert, weights: raw.map((r) => r / sum) };
    }),
  };
}

/** A realistic report with made-up figures: all sections filled. */
export function exampleReport(): Report {
  const systems = plan.systems.map(({ experts: _, ...system }) => system);
  // Tests change their copy.
  return structuredClone<Report>({
    polymath: '0.1.0',
    created: '2025-06-12T14:03:22Z',
    seconds: 5412,
    peakMiB: 1874,
    machine: { cores: 2, cpu: 'Intel Xeon 2.60 GHz', node: '20.20.2', platform: 'linux x64' },
    seeds: [1, 2, 3],
    model: { name: 'polymath-tiny', parameters: 4_412_160, vocabulary: 8192, bitsPerByte: 1.742 },
    corpus: {
      name: 'mixed-domains',
      documents: { train: 4506, validation: 563, test: 564 },
      tokens: { train: 612_400, validation: 76_810, test: 77_302 },
      domains,
      rejected: 3,
    },
    budget: { tokensPerSystem: 1_840_000, experts: 6, prefixTokens: 32, training: 'LoRA r = 8' },
    splits: {
      random: split('random', 0.24, [0.002, 0.0, 0.25], 0.1),
      kmeans: split('kmeans', 0.88, [0.84, 0.81, 0.89], 0.9),
      unigram: split('unigram', 0.97, [0.94, 0.96, 0.97], 6.2),
      em: { ...split('em', 0.95, [0.91, 0.92, 0.95], 842), rounds: rounds() },
      gold: split('gold', 1, [1, 1, 1], 0),
    },
    systems,
    perplexity: Object.fromEntries(systems.map(({ id }) => [id, perplexity(id)])),
    comparisons: [
      ...(['base', 'random', 'kmeans', 'unigram', 'em', 'gold'] as const).map((s) =>
        compare(s, 'monolithic', s === 'base' ? 0.034 : 0.012),
      ),
      ...(['monolithic', 'base', 'random', 'kmeans', 'unigram', 'em', 'gold'] as const).map((s) =>
        compare('mixture', s, 0.013),
      ),
    ],
    mixer: {
      nll: 3.707,
      uniformNll: 3.846,
      bestSingleNll: 4.052,
      temperature: 0.83,
      accuracy: 0.91,
      variants: {
        'Posterior of the prefix': 3.714,
        'Distance to centroid': 3.722,
        'Ridge regression': 3.711,
        'Merged weights': 3.861,
      },
      against: {
        'Posterior of the prefix': { deltaNats: -0.007, lo: -0.012, hi: -0.002 },
        'Ridge regression': { deltaNats: -0.004, lo: -0.009, hi: 0.001 },
      },
      routing: {
        byPrefix: [8, 16, 32, 64, 128].map((tokens, i) => ({
          tokens,
          documents: 120 - 7 * i,
          accuracy: 0.52 + 0.09 * i,
          regret: 0.21 / (i + 1),
        })),
        brier: 0.231,
        ece: 0.046,
        reliability: Array.from({ length: 7 }, (_, i) => ({
          from: (i + 3) / 10,
          confidence: (i + 3.5) / 10,
          accuracy: 0.28 + 0.09 * i,
          tokens: 40 * (i + 1) ** 3,
        })),
      },
    },
    specialisation: {
      split: 'em',
      experts: names,
      domains,
      perplexities: names.map((_, e) =>
        domains.map((_, d) => Math.exp(3.7 + offsets[d] + (e === d ? 0 : 0.5 + 0.12 * ((e * 5 + d * 3) % 7)))),
      ),
    },
    continuation: continuation(),
  });
}
