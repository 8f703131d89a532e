/** All procedures of councils, with what they do. What each says of itself is in `procedures/settings.ts`. */
import type { Procedure } from './procedure';
import { aggregate } from './procedures/aggregate/aggregate';
import { debate } from './procedures/debate/debate';
import { lego } from './procedures/lego/lego';
import { mixture } from './procedures/mixture/mixture';
import { relay } from './procedures/relay/relay';
import { route } from './procedures/route/route';
import { vote } from './procedures/vote/vote';
import { weightedVote } from './procedures/weighted-vote/weighted-vote';

/** The first is that of councils that name none. */
export const procedures: readonly [Procedure, ...Procedure[]] = [
  vote,
  weightedVote,
  route,
  relay,
  debate,
  aggregate,
  lego,
  mixture,
];
