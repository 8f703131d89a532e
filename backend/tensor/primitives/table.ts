import { attention } from './attention';
import { cachedAttention } from './cached-attention';
import { elementwise } from './elementwise';
import { indexing } from './indexing';
import { int8 } from './int8';
import { linear } from './linear';
import { loss } from './loss';
import { movement } from './movement';
import { normalization } from './normalization';
import type { PrimitiveTable } from './primitive';
import { reductions } from './reduction';

/** Every primitive; a missing one does not compile. */
export const primitives: PrimitiveTable = {
  ...elementwise,
  ...linear,
  ...int8,
  ...movement,
  ...reductions,
  ...indexing,
  ...normalization,
  ...attention,
  ...cachedAttention,
  ...loss,
};
