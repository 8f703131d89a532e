import type { GgufMetadata } from './metadata';

/** What llama.cpp takes for tokens that a file does not name, by the kind of its tokenizer. */
const usual: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  llama: { bos: 1, eos: 2, unknown: 0 },
};

/** The id of a special token by its name in metadata (`bos`, `eos`, `unknown`); undefined where there is none. */
export function specialToken(metadata: GgufMetadata, name: string): number | undefined {
  const kind = metadata.optionalString('tokenizer.ggml.model') ?? '';
  const given = metadata.optionalCount(`tokenizer.ggml.${name}_token_id`);
  return given ?? (Object.hasOwn(usual, kind) ? usual[kind][name] : undefined);
}
