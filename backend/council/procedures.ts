/** All procedures of councils, with what they do. What each says of itself is in `procedures/settings.ts`. */
import type { Procedure } from './procedure';
import { aggregate } from './procedures/aggregate';
import { debate } from './procedures/debate';
import { lego } from './procedures/lego';
import { relay } from './procedures/relay';
import { route } from './procedures/route';
import { vote } from './procedures/vote';
import { weightedVote } from './procedures/weighted-vote';

/** The first is that of councils that name none. */
export const procedures: readonly [Procedure, ...Procedure[]] = [
  vote,
  weightedVote,
  route,
  relay,
  debate,
  aggregate,
  lego,
];
