import { tableOf } from '../../base/table';
import { z } from 'zod';
import { artifactName } from '../artifacts/store';

/** A weighting in its form on disk, and the files that this names, by their names. */
export const keptWeighting = z.strictObject({ json: artifactName, files: tableOf(artifactName) });
export type KeptWeighting = Readonly<z.infer<typeof keptWeighting>>;
