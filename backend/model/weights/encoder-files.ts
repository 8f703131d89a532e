/** The files of a sentence encoder, as the hub has them. */

/** ONNX files by how exact they are, with what the library that runs them calls their weights. */
export const encoderWeights = [
  { path: 'onnx/model.onnx', dtype: 'fp32' },
  { path: 'onnx/model_fp16.onnx', dtype: 'fp16' },
  { path: 'onnx/model_quantized.onnx', dtype: 'q8' },
] as const;

/** How a text's token vectors become one; without it by their mean. */
export const poolingFile = '1_Pooling/config.json';
