import { arch, availableParallelism, cpus } from 'node:os';

/** What this machine computes with, the same at every start: what took so long on one may take another time on the next. */
export function machineName(): string {
  return `${cpus().at(0)?.model.trim() ?? arch()}, ${availableParallelism()} cores`;
}
