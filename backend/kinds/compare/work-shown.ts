/** What the report shows of the mixture at work: who speaks while a text changes its subject, and while the mixture goes on with it. */
import type { TokenizedCorpus, TokenizedDocument } from '../../corpus/tokenized';
import type { Executor } from '../../engine/executors/executor';
import { generateTask } from '../../engine/tasks/generate';
import { putStack } from '../../engine/tasks/perform/stack';
import { putWeighting } from '../../engine/tasks/perform/weighting';
import type { FinalExperts } from '../../evaluate/compare';
import { logWeights } from '../../mixing/evidence';
import { textPieces } from '../../mixing/text-evidence';
import type { FittedWeighting } from '../../mixing/weighting';
import { answerSettings } from '../../protocol/settings';
import type { ContinuationReport } from '../../protocol/report';
import type { OpenedModel } from '../shared/base-model';
import { readByTasks } from '../shared/expert-reading';
import type { Job } from '../../engine/job';
import type { CompareSpec } from './spec';

/** Words of each document, and tokens that the mixture goes on with. */
const [wordsRead, tokensDrawn] = [30, 50];

type Token = ContinuationReport['tokens'][number];

/** The beginnings of two test documents as the mixture reads them, and how it goes on with the second. */
export async function showAtWork(
  executor: Executor,
  opened: OpenedModel,
  {
    split,
    stack,
    piles,
    weighting,
  }: Pick<FinalExperts, 'split' | 'stack' | 'piles'> & { readonly weighting: FittedWeighting },
  corpus: TokenizedCorpus,
  { spec, watch }: Job<CompareSpec>,
): Promise<ContinuationReport> {
  const { model, sha256 } = opened;
  const text = twoBeginnings(corpus);
  const tokens = model.tokenizer.encode(text);
  const reading = await readByTasks(executor, opened, stack, watch);
  const [evidence] = await reading.evidence([tokens], weighting, () => watch.signal.throwIfAborted());
  const [weights] = logWeights(weighting, [evidence]);
  const { k } = weighting;
  const { n } = evidence;
  const read = textPieces(model.tokenizer, tokens)
    .slice(1)
    .map((text, t) =>
      tokenOf(
        text,
        Array.from({ length: k }, (_, e) => Math.exp(weights[e * n + t])),
      ),
    );
  const { artifacts } = executor;
  const { temperature, topP } = answerSettings;
  const drawn = { temperature: temperature.default, topP: topP.default };
  const input = {
    model: sha256,
    adapters: await putStack(artifacts, stack),
    weighting: await putWeighting(artifacts, weighting),
    prompt: [...model.tokenizer.prompt(text)],
    settings: { ...drawn, maxTokens: tokensDrawn, stop: [], seed: spec.seeds[0] },
  };
  const generated = await executor.execute(generateTask, input, watch);
  return {
    prompt: '',
    read,
    experts: piles.map((pile) => split.piles[pile].name),
    piles: [...piles],
    tokens: generated.tokens.map((token) => tokenOf(token.text, [...token.weights])),
  };
}

const tokenOf = (text: string, weights: number[]): Token => ({
  text,
  expert: weights.indexOf(Math.max(...weights)),
  weights,
});

/** Of two test documents, of differing domains where documents have any. */
function twoBeginnings({ test }: TokenizedCorpus): string {
  const [first] = test;
  const second = test.find(({ domain }) => domain !== first.domain) ?? test.at(-1) ?? first;
  const beginning = ({ text }: TokenizedDocument): string => text.trim().split(/\s+/u).slice(0, wordsRead).join(' ');
  return `${beginning(first)}\n\n${beginning(second)}`;
}
