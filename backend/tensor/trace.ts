import { Graph } from './graph';
import { primitives } from './primitives/table';

/** An empty graph to trace a computation into. */
export function newGraph(): Graph {
  return new Graph(primitives);
}
