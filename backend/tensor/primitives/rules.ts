/** Shape rules and helpers that several families share. */
import { broadcastShapes, type Shape, showShape } from '../dims';
import { ShapeError, type TensorType } from '../graph';

export function requireRank(type: TensorType, rank: number, what: string): void {
  if (type.shape.length !== rank)
    throw new ShapeError(`${what} must have ${rank} dimensions, not ${type.shape.length}`);
}

export function requireDType(type: TensorType, dtype: TensorType['dtype'], what: string): void {
  if (type.dtype !== dtype) throw new ShapeError(`${what} must be ${dtype}, not ${type.dtype}`);
}

/** The type of an elementwise result of two tensors. */
export function broadcastTypes([a, b]: readonly TensorType[]): readonly TensorType[] {
  if (a.dtype !== b.dtype) throw new ShapeError(`dtypes ${a.dtype} and ${b.dtype} differ`);
  const shape = broadcastShapes(a.shape, b.shape);
  if (shape === undefined) throw new ShapeError(`${showShape(a.shape)} and ${showShape(b.shape)} do not broadcast`);
  return [{ dtype: a.dtype, shape }];
}

export function sameType([x]: readonly TensorType[]): readonly TensorType[] {
  return [{ dtype: x.dtype, shape: x.shape }];
}

/** An axis counted from the front; throws ShapeError where the tensor has no such axis. */
export function resolveAxis(axis: number, shape: Shape): number {
  const resolved = axis < 0 ? axis + shape.length : axis;
  if (resolved < 0 || resolved >= shape.length) throw new ShapeError(`axis ${axis} is outside ${showShape(shape)}`);
  return resolved;
}
