/** The number of piles by what it does for documents that no pile has seen. */
import { UserError } from '../base/errors';
import type { Backend } from '../protocol/messages';
import { splitLabels } from '../protocol/report';
import type { SplitSpec } from '../protocol/run';
import { type Context, startRun, writeJson } from './context';
import { renderTable } from './tables';

// More piles go on gaining a little for ever; fewer are easier to look at and to train.
const mostOfTheGain = 0.95;

interface Asked {
  readonly backend: Backend;
  readonly json: boolean;
  readonly context: Context;
}

/** What a number of piles gave. */
interface Figures {
  readonly k: number;
  readonly split: string;
  /** Nats per token, or word, of held-out documents. */
  readonly nats: number;
}

/** Splits once per spec, and shows how likely held-out documents are under each. UserError where the method cannot tell. */
export async function chooseK(specs: readonly SplitSpec[], { backend, json, context }: Asked): Promise<void> {
  const [{ method, from }] = specs;
  if (from !== undefined) throw new UserError('--from takes as many piles as that split has.', 'Leave out --ks.');
  if (method !== 'em' && method !== 'unigram') {
    throw new UserError(
      `${splitLabels[method]} does not tell how likely a document is.`,
      'Choose the number of piles with --method em or --method unigram.',
    );
  }
  const figures: Figures[] = [];
  for (const spec of specs) {
    const { result } = await startRun(backend, spec, context);
    const { id: split, rounds } = await backend.call('clusterings/get', { clustering: result ?? '' });
    const nats = rounds.at(-1)?.validationLoss;
    if (nats === undefined) {
      throw new UserError('The dataset holds no documents out.', 'Import it with --validation 0.1.');
    }
    figures.push({ k: spec.k, split, nats });
  }
  context.progress.finish();
  const best = figures.reduce((least, next) => (next.nats < least.nats ? next : least));
  const most = Math.max(...figures.map(({ nats }) => nats));
  const enough = figures.find(({ nats }) => most - nats >= mostOfTheGain * (most - best.nats)) ?? best;
  if (json) return writeJson(context, { best: best.k, enough: enough.k, figures });
  context.out.write(curve(figures, best, method === 'em' ? 'token' : 'word', context));
  context.out.write(`Held-out documents are likeliest with ${best.k} piles.\n`);
  if (enough !== best) {
    const share = Math.round(100 * mostOfTheGain);
    context.out.write(`${enough.k} piles have ${share} % of that gain over the worst number of piles.\n`);
  }
  context.out.write(`Next: polymath train --split ${enough.split}\n`);
}

/** One bar per number of piles: how much likelier it makes the documents than the worst one does. */
function curve(figures: readonly Figures[], best: Figures, unit: string, { out }: Context): string {
  const most = Math.max(...figures.map(({ nats }) => nats));
  const widest = Math.max(most - best.nats, Number.MIN_VALUE);
  const columns = [
    { title: 'Piles' },
    { title: `Nats per ${unit}` },
    { title: 'Perplexity' },
    { title: 'Gain', align: 'left' as const },
    { title: 'Split', align: 'left' as const },
  ];
  const rows = figures.map(({ k, split, nats }) => {
    const bar = '█'.repeat(Math.round((20 * (most - nats)) / widest));
    return { cells: [String(k), nats.toFixed(4), Math.exp(nats).toFixed(2), bar, split], lead: k === best.k };
  });
  return renderTable(columns, rows, out);
}
