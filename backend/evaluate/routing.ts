/** How well weights find the expert that predicts a text best: whom they would choose, what that costs, and whether they mean what they say. */
import { type Evidence, logWeights } from '../mixing/evidence';
import type { FittedWeighting } from '../mixing/weighting';
import type { Routing } from '../protocol/routing';

/** Predicted tokens of a text after which a choice is judged by the rest. */
const prefixes = [8, 16, 32, 64, 128, 256];

/** A rest of fewer tokens than this says little of who should have been chosen. */
const shortestRest = 8;

/** A row of fewer texts than this is left out. */
const fewestTexts = 2;

const bins = 10;

/** One text: weights of experts before each token, and what each token costs under each, token by token. */
interface WeighedText {
  /** [n, k] */
  readonly weights: readonly (readonly number[])[];
  /** Nats [n, k] */
  readonly nll: readonly (readonly number[])[];
}

/** Of texts, each given as its stretches. */
export function routingOf(texts: readonly (readonly Evidence[])[], weighting: FittedWeighting): Routing {
  const weighed = texts.map((stretches) => weighedText(stretches, weighting)).filter(({ nll }) => nll.length > 0);
  const byPrefix = prefixes.flatMap((tokens): Routing['byPrefix'] => {
    const judged = weighed.filter(({ nll }) => nll.length >= tokens + shortestRest);
    if (judged.length < fewestTexts) return [];
    const choices = judged.map((text) => choiceAfter(text, tokens));
    const mean = (figure: (choice: Choice) => number): number =>
      choices.reduce((sum, choice) => sum + figure(choice), 0) / choices.length;
    return [
      {
        tokens,
        documents: judged.length,
        accuracy: mean(({ right }) => (right ? 1 : 0)),
        regret: mean(({ regret }) => regret),
      },
    ];
  });
  return { byPrefix, ...calibrationOf(weighed) };
}

function weighedText(stretches: readonly Evidence[], weighting: FittedWeighting): WeighedText {
  const logs = logWeights(weighting, stretches);
  const experts = Array.from({ length: weighting.k }, (_, e) => e);
  const rows = (value: (stretch: number, n: number, t: number, e: number) => number): number[][] =>
    stretches.flatMap(({ n }, i) => Array.from({ length: n }, (_, t) => experts.map((e) => value(i, n, t, e))));
  return {
    weights: rows((i, n, t, e) => Math.exp(logs[i][e * n + t])),
    nll: rows((i, n, t, e) => stretches[i].nll[e * n + t]),
  };
}

interface Choice {
  /** Whether the expert with the largest weight predicts the rest best. */
  readonly right: boolean;
  /** What it costs to stay with it instead, nats per token of the rest. */
  readonly regret: number;
}

function choiceAfter({ weights, nll }: WeighedText, tokens: number): Choice {
  const rest = totals(nll.slice(tokens));
  const chosen = largest(weights[tokens]);
  const best = Math.min(...rest);
  return { right: rest[chosen] === best, regret: (rest[chosen] - best) / (nll.length - tokens) };
}

/** Of the same texts under several trainings: means; bins are put together. */
export function meanRouting(seeds: readonly Routing[]): Routing {
  const mean = (figure: (seed: Routing) => number): number =>
    seeds.reduce((sum, seed) => sum + figure(seed), 0) / seeds.length;
  const starts = [...new Set(seeds.flatMap(({ reliability }) => reliability.map(({ from }) => from)))].sort(
    (a, b) => a - b,
  );
  return {
    byPrefix: seeds[0].byPrefix.map((row, i) => ({
      ...row,
      accuracy: mean(({ byPrefix }) => byPrefix[i].accuracy),
      regret: mean(({ byPrefix }) => byPrefix[i].regret),
    })),
    brier: mean(({ brier }) => brier),
    ece: mean(({ ece }) => ece),
    reliability: starts.map((from) => {
      const same = seeds.flatMap(({ reliability }) => reliability.filter((bin) => bin.from === from));
      const tokens = same.reduce((sum, bin) => sum + bin.tokens, 0);
      const weighed = (figure: 'confidence' | 'accuracy'): number =>
        same.reduce((sum, bin) => sum + bin[figure] * bin.tokens, 0) / tokens;
      return { from, confidence: weighed('confidence'), accuracy: weighed('accuracy'), tokens };
    }),
  };
}

/** Each token's weights as beliefs about which expert predicts its whole text best. */
function calibrationOf(texts: readonly WeighedText[]): Omit<Routing, 'byPrefix'> {
  const sums = Array.from({ length: bins }, () => ({ confidence: 0, right: 0, tokens: 0 }));
  let [brier, tokens] = [0, 0];
  for (const { weights, nll } of texts) {
    const best = largest(totals(nll).map((nats) => -nats));
    for (const beliefs of weights) {
      const leader = largest(beliefs);
      const bin = sums[Math.min(bins - 1, Math.floor(beliefs[leader] * bins))];
      bin.confidence += beliefs[leader];
      bin.right += leader === best ? 1 : 0;
      bin.tokens++;
      tokens++;
      brier += beliefs.reduce((sum, belief, e) => sum + (belief - (e === best ? 1 : 0)) ** 2, 0);
    }
  }
  return {
    brier: brier / tokens,
    ece: sums.reduce((sum, { confidence, right }) => sum + Math.abs(confidence - right), 0) / tokens,
    reliability: sums.flatMap((bin, i) =>
      bin.tokens === 0
        ? []
        : [
            {
              from: i / bins,
              confidence: Math.min(1, bin.confidence / bin.tokens),
              accuracy: bin.right / bin.tokens,
              tokens: bin.tokens,
            },
          ],
    ),
  };
}

function totals(rows: readonly (readonly number[])[]): number[] {
  return rows[0].map((_, e) => rows.reduce((sum, row) => sum + row[e], 0));
}

const largest = (values: readonly number[]): number => values.indexOf(Math.max(...values));
