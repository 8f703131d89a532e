import type { DType } from './graph';

/** Where a session runs. */
export type Device = 'cpu';

/** Fused spellings that the engine uses where a device has them for a dtype, and spells in basic operators elsewhere. */
export type FusedOp =
  'FastGelu' | 'FusedMatMul' | 'LayerNormalization' | 'QuickGelu' | 'RotaryEmbedding' | 'SimplifiedLayerNormalization';

const capabilities: { readonly [D in Device]: { readonly [O in FusedOp]: readonly DType[] } } = {
  cpu: {
    FastGelu: ['float32'],
    FusedMatMul: ['float32'],
    LayerNormalization: ['float32'],
    QuickGelu: ['float32'],
    RotaryEmbedding: ['float32'],
    SimplifiedLayerNormalization: ['float32'],
  },
};

export function supports(device: Device, op: FusedOp, dtype: DType): boolean {
  return capabilities[device][op].includes(dtype);
}
