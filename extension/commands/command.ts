import type { Contribution } from '../contributions/contribution';
import type { Polymath } from '../polymath';

/**
 * What must be there before a command does anything: nothing at all; a folder that is trusted; a backend, which is started where it
 * does not run yet.
 */
export type Need = 'nothing' | 'trusted folder' | 'backend';

export interface Command extends Contribution {
  readonly needs: Need;
  /** Gets what the editor hands over: in a view the row, and all selected rows. Throws UserError where the user can mend it. */
  readonly run: (polymath: Polymath, ...given: unknown[]) => unknown;
}

export type CommandTable = Readonly<Record<`polymath.${string}`, Command>>;
