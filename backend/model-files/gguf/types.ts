/** Types of tensors in GGUF files (ggml.h): the ones that are read here, and the names of the others. */
export type GgmlTypeName = keyof typeof table;

export interface GgmlType {
  readonly name: GgmlTypeName;
  /** Values in a block, all in one row. */
  readonly values: number;
  /** Bytes of a block. */
  readonly bytes: number;
}

const table = {
  F32: { id: 0, values: 1, bytes: 4 },
  F16: { id: 1, values: 1, bytes: 2 },
  BF16: { id: 30, values: 1, bytes: 2 },
  Q4_0: { id: 2, values: 32, bytes: 18 },
  Q4_1: { id: 3, values: 32, bytes: 20 },
  Q5_0: { id: 6, values: 32, bytes: 22 },
  Q5_1: { id: 7, values: 32, bytes: 24 },
  Q8_0: { id: 8, values: 32, bytes: 34 },
  Q4_K: { id: 12, values: 256, bytes: 144 },
  Q5_K: { id: 13, values: 256, bytes: 176 },
  Q6_K: { id: 14, values: 256, bytes: 210 },
} as const;

const names = Object.keys(table) as GgmlTypeName[];

/** A type with its number in files. */
export const ggmlTypeNamed = (name: GgmlTypeName): GgmlType & { readonly id: number } => ({ name, ...table[name] });

const read = new Map(
  names.map((name): [number, GgmlType] => [
    table[name].id,
    { name, values: table[name].values, bytes: table[name].bytes },
  ]),
);

const others: Readonly<Record<number, string>> = {
  9: 'Q8_1', 10: 'Q2_K', 11: 'Q3_K', 15: 'Q8_K', 16: 'IQ2_XXS', 17: 'IQ2_XS', 18: 'IQ3_XXS', 19: 'IQ1_S', 20: 'IQ4_NL',
  21: 'IQ3_S', 22: 'IQ2_S', 23: 'IQ4_XS', 24: 'I8', 25: 'I16', 26: 'I32', 27: 'I64', 28: 'F64', 29: 'IQ1_M', 34: 'TQ1_0',
  35: 'TQ2_0', 39: 'MXFP4', 40: 'NVFP4',
}; // prettier-ignore

/** The names of all types that are read, for error messages. */
export const readableTypes = names.join(', ');

/** The type of this number; undefined where it is not read here. */
export function ggmlType(id: number): GgmlType | undefined {
  return read.get(id);
}

/** A type's name for a message, whether it is read or not. */
export function ggmlTypeName(id: number): string {
  return read.get(id)?.name ?? others[id] ?? `type ${id}`;
}
