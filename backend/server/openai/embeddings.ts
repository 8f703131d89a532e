/** Texts as vectors: `POST /v1/embeddings`. */
import { z } from 'zod';
import type { CallOptions } from '../../protocol/messages';
import type { Embeddings, EmbeddingRequest } from '../../protocol/inference';
import { harmless, parseRequest } from './parameters';
import { tokenIds } from './schema';

/** Makes the vectors of texts, by what answers under a name or by the sentence encoder of that name. */
export type EmbedBackend = (
  question: { readonly model: string; readonly texts: EmbeddingRequest['texts'] },
  options: CallOptions,
) => Promise<Embeddings>;

const text = z.string().min(1, 'an empty text has no vector').max(2_000_000);

const embeddingRequest = z.strictObject({
  ...harmless,
  model: z.string('name one of those that GET /v1/models lists, or a sentence encoder').min(1).max(200),
  input: z.union(
    [
      text.transform((one) => [one]),
      tokenIds.transform((ids) => [ids]),
      z
        .array(z.union([text, tokenIds]))
        .min(1)
        .max(2048),
    ],
    'a text or an array of token ids, or an array of these, none of them empty',
  ),
  encoding_format: z.enum(['float', 'base64'], '"float" or "base64"').default('float'),
  dimensions: z.never('a vector has as many dimensions as its model; leave it out').optional(),
});

/** Throws ApiError for a body that is no request. */
export function readEmbeddings(body: unknown): z.output<typeof embeddingRequest> {
  return parseRequest(embeddingRequest, body);
}

/** The reply, as OpenAI has it: base64 is of little-endian float32. */
export function embeddingsReply(
  { model, encoding_format: format }: Pick<z.output<typeof embeddingRequest>, 'model' | 'encoding_format'>,
  { vectors, tokens }: Embeddings,
): object {
  const written = (vector: Float32Array): unknown =>
    format === 'float'
      ? [...vector]
      : Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength).toString('base64');
  const data = vectors.map((vector, index) => ({ object: 'embedding', index, embedding: written(vector) }));
  return { object: 'list', data, model, usage: { prompt_tokens: tokens, total_tokens: tokens } };
}
