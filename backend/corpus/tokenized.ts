import type { Tokenizer } from '../model/tokenizer/tokenizer';
import type { Watch } from '../base/progress';
import type { Corpus, Document } from './document';

/** A document as a model reads it. */
export interface TokenizedDocument extends Document {
  /** The prefix token and the text's own. */
  readonly tokens: Int32Array;
  /** UTF-8 bytes of the text. */
  readonly bytes: number;
}

export interface TokenizedCorpus {
  readonly name: string;
  readonly train: readonly TokenizedDocument[];
  readonly validation: readonly TokenizedDocument[];
  readonly test: readonly TokenizedDocument[];
}

/** Tokenises all three parts. */
export async function tokenizeCorpus(corpus: Corpus, tokenizer: Tokenizer, watch: Watch): Promise<TokenizedCorpus> {
  const total = corpus.train.length + corpus.validation.length + corpus.test.length;
  let done = 0;
  const part = async (documents: readonly Document[]): Promise<TokenizedDocument[]> => {
    const result: TokenizedDocument[] = [];
    for (const document of documents) {
      const tokens = tokenizer.encode(document.text);
      result.push({ ...document, tokens, bytes: Buffer.byteLength(document.text) });
      done++;
      if (done % 100 !== 0) continue;
      watch.report({ stage: 'Tokenising', done, total, unit: 'documents' });
      await new Promise((resolve) => setImmediate(resolve));
      watch.signal.throwIfAborted();
    }
    return result;
  };
  return {
    name: corpus.name,
    train: await part(corpus.train),
    validation: await part(corpus.validation),
    test: await part(corpus.test),
  };
}
