import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { BinaryReader } from '@bufbuild/protobuf/wire';
import { UserError } from '../../base/errors';
import { exists } from '../../base/files';
import type { Settings } from './definition';
import { mergesByScore } from './merges-by-score';
import { puttingAround } from './post-processor';
import { makeTokenizerJson, readAddedTokens } from './vocabulary-files';

/** Kinds of pieces, and the kind of model, by their numbers in SentencePiece's format. */
const normal = 1;
const unknown = 2;
const control = 3;
const userDefined = 4;
const bpe = 2;

/** UTF-16 units; the longest pieces of known vocabularies have about thirty. Cutting one costs the square of them. */
const longestPiece = 1024;

interface Piece {
  readonly text: string;
  readonly score: number;
  readonly type: number;
}

/** What of a `tokenizer.model` decides ids. */
interface SentencePieceModel {
  readonly pieces: Piece[];
  modelType: number;
  byteFallback: boolean;
  unknownPiece: string;
  charactersMap: Uint8Array;
  addsDummyPrefix: boolean;
  removesExtraSpaces: boolean;
}

/**
 * What `tokenizer.json` would hold for a folder with `tokenizer.model`, SentencePiece's file, as transformers converts it.
 * Returns undefined where it is not there, and throws UserError for a damaged file and for another kind of model than BPE.
 */
export async function readSentencePiece(folder: string, settings: Settings): Promise<unknown> {
  const path = join(folder, 'tokenizer.model');
  if (!(await exists(path))) return undefined;
  const model = parse(await readFile(path), path);
  if (model.modelType !== bpe) throw new UserError(`${path} is no BPE model.`, 'Use a model with a BPE tokenizer.');
  const { pieces } = model;
  const vocab = Object.fromEntries(pieces.map(({ text }, id) => [text, id]));
  const textsOf = (...types: readonly number[]): string[] =>
    pieces.filter(({ type }) => types.includes(type)).map(({ text }) => text);
  const whole = textsOf(userDefined);
  const named = (name: string | null | undefined): string | undefined =>
    name != null && Object.hasOwn(vocab, name) ? name : undefined;
  // The file does not say it: texts of such models begin with the begin token, as transformers 4 and llama.cpp have it.
  const begin = (settings.add_bos_token ?? true) ? named(settings.bos_token ?? '<s>') : undefined;
  const end = settings.add_eos_token === true ? named(settings.eos_token ?? '</s>') : undefined;
  const merged = pieces.filter(({ type }) => type === normal);
  return {
    added_tokens: await readAddedTokens(folder, vocab, textsOf(unknown, control)),
    normalizer: { type: 'Sequence', normalizers: normalizers(model, settings.legacy ?? true) },
    pre_tokenizer: { type: 'Sequence', pretokenizers: preTokenizers(model, settings.legacy ?? true, whole) },
    post_processor: puttingAround(new Map(Object.entries(vocab)), begin, end),
    decoder: { type: 'Sequence', decoders: decoders(model) },
    model: {
      type: 'BPE',
      vocab,
      merges: mergesByScore(new Map(merged.map(({ text, score }) => [text, score]))),
      unk_token: model.unknownPiece,
      fuse_unk: true,
      byte_fallback: model.byteFallback,
      // Pieces that a user defined come of no merges.
      ignore_merges: whole.length > 0,
    },
  };
}

function normalizers(
  { charactersMap, removesExtraSpaces, addsDummyPrefix }: SentencePieceModel,
  legacy: boolean,
): object[] {
  const replace = (pattern: object, content: string): object => ({ type: 'Replace', pattern, content });
  const map = Buffer.from(charactersMap).toString('base64');
  return [
    ...(map === '' ? [] : [{ type: 'Precompiled', precompiled_charsmap: map }]),
    ...(removesExtraSpaces ? [replace({ Regex: String.raw`\A +| +\z` }, ''), replace({ Regex: ' {2,}' }, ' ')] : []),
    ...(addsDummyPrefix && legacy ? [{ type: 'Prepend', prepend: '▁' }] : []),
    replace({ String: ' ' }, '▁'),
  ];
}

function preTokenizers({ addsDummyPrefix }: SentencePieceModel, legacy: boolean, whole: readonly string[]): object[] {
  const prefix = { type: 'Metaspace', replacement: '▁', prepend_scheme: 'first', split: false };
  const longestFirst = [...whole].sort((a, b) => b.length - a.length);
  const names = longestFirst.map((name) => name.replaceAll(/[^\p{L}\p{N}]/gu, (sign) => `\\x{${hex(sign)}}`));
  const isolated = { type: 'Split', pattern: { Regex: names.join('|') }, behavior: 'Isolated', invert: false };
  return [...(addsDummyPrefix && !legacy ? [prefix] : []), ...(whole.length > 0 ? [isolated] : [])];
}

const hex = (sign: string): string => (sign.codePointAt(0) ?? 0).toString(16);

function decoders({ byteFallback, addsDummyPrefix }: SentencePieceModel): object[] {
  return [
    { type: 'Replace', pattern: { String: '▁' }, content: ' ' },
    ...(byteFallback ? [{ type: 'ByteFallback' }] : []),
    { type: 'Fuse' },
    ...(addsDummyPrefix ? [{ type: 'Strip', content: ' ', start: 1, stop: 0 }] : []),
  ];
}

function parse(bytes: Uint8Array, path: string): SentencePieceModel {
  const model: SentencePieceModel = {
    pieces: [],
    modelType: 1,
    byteFallback: false,
    unknownPiece: '<unk>',
    charactersMap: new Uint8Array(0),
    addsDummyPrefix: true,
    removesExtraSpaces: true,
  };
  try {
    eachField(bytes, (field, read) => {
      if (field === 1) model.pieces.push(parsePiece(read.bytes()));
      else if (field === 2) readTrainerSpec(read.bytes(), model);
      else if (field === 3) readNormalizerSpec(read.bytes(), model);
    });
    if (model.pieces.length === 0) throw new Error('no pieces');
  } catch {
    throw new UserError(`${path} is damaged: it is no SentencePiece model.`, makeTokenizerJson);
  }
  return model;
}

function parsePiece(bytes: Uint8Array): Piece {
  let text = '';
  let score = 0;
  let type = normal;
  eachField(bytes, (field, read) => {
    if (field === 1) text = read.string();
    else if (field === 2) score = read.float();
    else if (field === 3) type = read.int32();
  });
  if (text.length > longestPiece || !Number.isFinite(score)) throw new Error('no piece');
  return { text, score, type };
}

function readTrainerSpec(bytes: Uint8Array, model: SentencePieceModel): void {
  eachField(bytes, (field, read) => {
    if (field === 3) model.modelType = read.int32();
    else if (field === 35) model.byteFallback = read.bool();
    else if (field === 45) model.unknownPiece = read.string();
  });
}

function readNormalizerSpec(bytes: Uint8Array, model: SentencePieceModel): void {
  eachField(bytes, (field, read) => {
    if (field === 2) model.charactersMap = read.bytes();
    else if (field === 3) model.addsDummyPrefix = read.bool();
    else if (field === 4) model.removesExtraSpaces = read.bool();
  });
}

/** Gives each field of a message to `take`, which reads it or leaves it. */
function eachField(bytes: Uint8Array, take: (field: number, read: BinaryReader) => void): void {
  const reader = new BinaryReader(bytes);
  while (reader.pos < reader.len) {
    const [field, type] = reader.tag();
    const { pos } = reader;
    take(field, reader);
    if (reader.pos === pos) reader.skip(type);
  }
}
