import type { AnswererKind } from '../answer/answerer';
import { mixtureKind, uniform } from '../answer/mixture';
import { base, expert } from '../answer/single';
import { councilKind } from './council';
import { procedures } from './procedures';

/** Every kind of answerer, with every procedure of councils: what `Answerers` is given. */
export const answererKinds: readonly AnswererKind[] = [base, expert, uniform, mixtureKind(), councilKind(procedures)];
