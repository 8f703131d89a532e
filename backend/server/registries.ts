/** What a project can do: its kinds of run, and the programs that do them. A test adds its own. */
import { kindInputs } from '../kinds/inputs';
import type { InputsTable } from '../kinds/shared/inputs';
import { type KindTable, runKinds } from '../kinds/specs';
import type { MethodTable } from '../split/methods/method';
import { splitMethods } from '../split/methods/settings';

export interface Registries {
  readonly kinds: KindTable;
  /** Splitting methods, as they speak of themselves. */
  readonly methods: MethodTable;
  readonly inputs: InputsTable;
  /** Built programs, as `program` of base/package-folder finds them. */
  readonly programs: { readonly runner: string; readonly estimator: string; readonly inference: string };
}

export const standardRegistries: Registries = {
  kinds: runKinds,
  methods: splitMethods,
  inputs: kindInputs,
  programs: {
    runner: 'backend/programs/runner',
    estimator: 'backend/programs/estimator',
    inference: 'backend/programs/inference',
  },
};
