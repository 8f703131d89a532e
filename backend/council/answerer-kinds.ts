import type { AnswererKind } from '../answer/answerer';
import { mixtureKind, uniform } from '../answer/mixture';
import { base, expert } from '../answer/single';
import { councilKind } from './council';
import { vote } from './procedures/vote';

/** Every kind of answerer, with every procedure of councils: what `Answerers` is given. */
export const answererKinds: readonly AnswererKind[] = [base, expert, uniform, mixtureKind(), councilKind([vote])];
