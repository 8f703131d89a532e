import type { Device } from '../base/device';
import type { DType } from './graph';

/**
 * Operators that some device lacks or computes wrongly. An emission rule asks before it writes one, and spells it in other
 * operators where the answer is no: ONNX Runtime would otherwise move it to the processor without a word.
 */
export type CheckedOp =
  | 'FastGelu'
  | 'FusedMatMul'
  | 'GroupQueryAttention'
  | 'LayerNormalization'
  | 'LogSoftmax'
  | 'QuickGelu'
  | 'RotaryEmbedding'
  | 'ScatterND add'
  | 'SimplifiedLayerNormalization'
  | 'SimplifiedLayerNormalization inverse'
  | 'empty tensors';

const no: readonly DType[] = [];
const float: readonly DType[] = ['float32'];
const floats: readonly DType[] = ['float32', 'float64'];

/**
 * The dtypes for which a device has an operator and computes it rightly. The columns `cpu` and `webgpu` were tried with ONNX Runtime
 * 1.30; `cuda` and `dml` follow its table of kernels, and `coreml`, which takes only some basic operators, uses no other.
 */
const capabilities: { readonly [O in CheckedOp]: { readonly [D in Device]: readonly DType[] } } = {
  FastGelu: { cpu: float, webgpu: float, cuda: float, dml: float, coreml: no },
  FusedMatMul: { cpu: float, webgpu: no, cuda: float, dml: float, coreml: no },
  // Of caches with room. The others have it too, with conditions of their own.
  GroupQueryAttention: { cpu: float, webgpu: no, cuda: no, dml: no, coreml: no },
  LayerNormalization: { cpu: float, webgpu: float, cuda: float, dml: no, coreml: no },
  LogSoftmax: { cpu: floats, webgpu: no, cuda: floats, dml: float, coreml: no },
  QuickGelu: { cpu: float, webgpu: float, cuda: float, dml: float, coreml: no },
  RotaryEmbedding: { cpu: float, webgpu: float, cuda: float, dml: float, coreml: no },
  // The processor adds in parallel without a lock, so updates are lost where an index comes twice.
  'ScatterND add': { cpu: no, webgpu: float, cuda: no, dml: no, coreml: no },
  SimplifiedLayerNormalization: { cpu: float, webgpu: float, cuda: float, dml: float, coreml: no },
  // The second output, 1 / rms: WebGPU fills it with wrong numbers.
  'SimplifiedLayerNormalization inverse': { cpu: float, webgpu: no, cuda: no, dml: no, coreml: no },
  // No operator, but what several refuse: a dimension of 0.
  'empty tensors': { cpu: floats, webgpu: no, cuda: floats, dml: no, coreml: no },
};

export function supports(device: Device, op: CheckedOp, dtype: DType): boolean {
  return capabilities[op][device].includes(dtype);
}

/** Whether outputs can stay in the device's memory between runs. ONNX Runtime's Node binding can do that on WebGPU alone. */
export function keepsTensors(device: Device): boolean {
  return device === 'webgpu';
}
