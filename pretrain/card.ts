import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { readJson, writeWhole } from '../backend/base/files';
import { type BitsPerByteReport, figures } from '../bench/bits-per-byte-report';
import type { SourceSummary } from './corpus';
import { recipe } from './recipe';
import { sources } from './sources';
import type { CorpusRecord } from './tokenize';

/** Licences that ask for derived works under the same terms and leave no other choice. */
const copyleft = /^(?!Artistic or).*(GPL|GFDL|CC-BY-SA|MPL)/;

/** What the card states besides the recipe. */
interface Facts {
  readonly corpus: CorpusRecord;
  readonly report: BitsPerByteReport;
  /** Bytes of the weights file. */
  readonly fileSize: number;
}

/** Writes the model card, `README.md`, into the model folder: from the recipe, the corpus's record and measured figures. */
export async function writeCard(cache: string, modelFolder: string, report: BitsPerByteReport): Promise<void> {
  const corpus = (await readJson(join(cache, 'corpus.json'), 'The record of the corpus')) as CorpusRecord;
  const { size } = await stat(join(modelFolder, 'model.safetensors'));
  await writeWhole(join(modelFolder, 'README.md'), cardText({ corpus, report, fileSize: size }));
}

/** The sources as a Markdown table, ordered as they come, with the total below. */
export function sourcesTable(summaries: readonly SourceSummary[]): string {
  const packages = new Map(sources.map((source) => [source.name, `${source.package} (${source.registry})`]));
  const rows = summaries.map(({ name, domain, version, licence, documents, megabytes }) => {
    return [name, domain, packages.get(name) ?? '', version, licence, `${documents}`, megabytes.toFixed(2)];
  });
  const documents = summaries.reduce((sum, row) => sum + row.documents, 0);
  return markdownTable(
    ['source', 'domain', 'package', 'version', 'licence of the texts', 'documents:', 'MB:'],
    [...rows, ['total', '', '', '', '', `${documents}`, megabytesOf(summaries).toFixed(2)]],
  );
}

/** A colon at the end of a title sets the column to the right. */
function markdownTable(titles: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const rules = titles.map((title) => (title.endsWith(':') ? '---:' : '---'));
  return [line(titles.map((title) => title.replace(/:$/, ''))), line(rules), ...rows.map(line)].join('\n');
}

function cardText(facts: Facts): string {
  const parts = [
    `# polymath-base

A very small English language model, pretrained from random weights by Polymath's own engine on a processor. Polymath
bundles it so that splitting a corpus, fine-tuning experts and letting them answer together can be tried at once, without
a download. It is a base to fine-tune, and nothing to ask for facts or advice.`,
    modelPart(facts),
    trainingPart(facts),
    figuresPart(facts.report),
    textsPart(facts.corpus),
    licencePart(facts.corpus),
    limitsPart(facts.report),
  ];
  return `${parts.join('\n\n')}\n`;
}

function modelPart({ report, fileSize, corpus }: Facts): string {
  const { config, context } = recipe;
  const shape = [
    [
      'architecture',
      'decoder-only transformer of the Qwen 3 family: RMSNorm, also of queries and keys, rotary positions, SwiGLU, grouped queries',
    ],
    ['weights', `${report.model.parameters.toLocaleString('en')}, float16, ${mega(fileSize)} MB`],
    ['layers', `${config.layers}`],
    ['hidden size', `${config.hiddenSize}`],
    ['attention heads', `${config.heads} of ${config.headSize}, ${config.keyValueHeads} for keys and values`],
    ['feed-forward size', `${config.feedForwardSize}`],
    ['embedding and head', config.tiedHead ? 'shared' : 'separate'],
    ['context', `trained on ${context} tokens, room for ${config.maxPositions}`],
  ];
  return `## Model

${markdownTable(['', ''], shape)}

The tokenizer is a byte-level BPE with ${config.vocabularySize} tokens, trained on the same texts. Any text goes through it
and back unchanged, save the names of its two special tokens; digits are tokens of their own; and token ${config.beginToken},
\`<|endoftext|>\`, stands before each document. A token of held-out text has ${(corpus.heldoutBytes / corpus.heldoutTokens).toFixed(2)} bytes on average.
\`config.json\`, \`tokenizer.json\` and \`model.safetensors\` are in Hugging Face's formats.`;
}

function trainingPart({ corpus, report }: Facts): string {
  const { rows, context, warmup, peakLearningRate, weightDecay, muon, seed } = recipe;
  const { model } = report;
  const passes = model.tokensSeen / corpus.trainTokens;
  const share = passes < 1 ? `${(100 * passes).toFixed(0)} % of them, none twice` : `${passes.toFixed(2)} passes`;
  return `## Training

All weights, next-token prediction, weight decay ${weightDecay}, ${muon === undefined ? 'AdamW' : 'Muon for the matrices of the layers, AdamW for the rest'}. ${model.steps} steps of ${rows} rows of ${context} tokens:
**${mega(model.tokensSeen)} million tokens** of the ${mega(corpus.trainTokens)} million there are (${share}). The learning
rate rises to ${peakLearningRate} over ${warmup} steps, stays, and falls to zero at the end, over a fifth of all steps or
4000. Seed ${seed}.

\`npm run pretrain\` makes texts, tokenizer, weights and this card; \`pretrain/recipe.ts\` and \`pretrain/sources.ts\` hold all
that determines them.`;
}

function figuresPart({ texts, measurements, notes }: BitsPerByteReport): string {
  const rows = measurements.map((row) => [row.method, row.prior, ...figures(row, texts)]);
  const sizes = texts.map(({ name, passages, bytes, tokens }) => {
    return `${name}: ${passages.toLocaleString('en')} passages, ${mega(bytes)} MB, ${tokens.toLocaleString('en')} tokens`;
  });
  return `## Figures

Bits per byte of text, less is better. Brown is the Brown corpus, American texts of 1961 that the model was not trained on;
held-out is one document in a hundred of the pretraining texts, kept out of training but of the same sources.
${sizes.join('; ')}.

${markdownTable(['method', 'seen before', ...texts.map(({ name }) => `${name}:`)], rows)}
${notes.map((note) => `\n${note}\n`).join('')}
The model and the 5-gram models (interpolated, modified Kneser–Ney, over the same tokens) read each passage by itself, the
model at most ${recipe.context} tokens at a time, each stretch after the begin token. The compressors get all passages one
after another as one file, which lets them learn on the way. "Primed" is what the passages add to a compressed file that
begins with training text. "The first" tokens are those of the training texts in random order, as many as the model has
seen; the model's own are from all over them. \`node dist/bench/bits-per-byte.js\` measures all this.`;
}

function textsPart({ sources: summaries }: CorpusRecord): string {
  return `## Texts

Free texts from packages of Debian 12 and npm: novels, speeches, essays, scripture and
commentaries, game dialogue, dictionaries, manuals and source code. Markup,
paragraphs that occur twice and text that is not English were removed, and no source has more than a few megabytes. Sizes
are of the extracted text, the held-out part included.

${sourcesTable(summaries)}`;
}

function licencePart({ sources: summaries }: CorpusRecord): string {
  const shared = summaries.filter(({ licence }) => copyleft.test(licence));
  const share = (100 * megabytesOf(shared)) / megabytesOf(summaries);
  return `## Licence

The weights, the tokenizer and this card come with Polymath under the MIT licence. The texts they were trained on keep their
own licences, listed above as their packages state them. ${shared.length} of the ${summaries.length} sources,
${megabytesOf(shared).toFixed(0)} of ${megabytesOf(summaries).toFixed(0)} MB (${share.toFixed(0)} %), are under copyleft licences: GPL, GFDL, CC BY-SA or MPL.

What this means:

- Polymath's authors put no conditions on the weights beyond the MIT licence's.
- The texts are part of neither Polymath nor this folder. \`npm run pretrain\` fetches them from their registries.
- The table names every source, so that their authors get the credit and anyone can check.

What this does not mean:

- The texts are not under the MIT licence. Whoever copies or passes them on has to follow their licences.
- It is no statement that trained weights are, or are not, a work derived from the training texts. Lawmakers and courts have
  not settled that, and the answer may differ from country to country; for copyleft texts it may matter. Nobody warrants
  that the MIT licence is all that a use of the weights needs.
- Text that the model writes is not cleared. A small model seldom repeats more than a phrase, but where it does repeat a
  protected passage, that passage's licence applies.

Whoever needs certainty can delete rows from \`pretrain/sources.ts\` and pretrain a model on what is left.`;
}

function limitsPart({ model }: BitsPerByteReport): string {
  return `## Use and limits

Made for trying Polymath, for its tests and benchmarks, and for research on splitting corpora and combining experts, where
differences between methods count more than the quality of the text.

- Tiny and undertrained: ${mega(model.parameters)} million weights and ${mega(model.tokensSeen)} million tokens, where useful
  models have hundreds of times the weights and have seen thousands of times the tokens. It writes words and phrases that look like English and mean little. It knows no facts and cannot calculate.
- English only, with some Python and JavaScript. Other languages fall apart into bytes.
- Not instructed: it continues text and does not answer questions. Not for deployment as an assistant, nor for anything
  that people rely on.
- Not filtered: among the sources are games, jokes, quotations, scripture and old novels, with profanity, violence,
  and the prejudices of their times. The model can repeat any of it.
- Trained to look back ${recipe.context} tokens at most, a hundred words or two.`;
}

function megabytesOf(summaries: readonly SourceSummary[]): number {
  return summaries.reduce((sum, row) => sum + row.megabytes, 0);
}

function mega(count: number): string {
  return (count / 1e6).toFixed(1);
}
