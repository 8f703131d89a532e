/** Schemas of typed arrays, which bundles and binary frames carry as they are. */
import { z } from 'zod';

export const int32Array = z.custom<Int32Array>((value) => value instanceof Int32Array);
export const float32Array = z.custom<Float32Array>((value) => value instanceof Float32Array);
