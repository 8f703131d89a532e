/** The program of a run's process. */
import { becomeRunner } from '../engine/runner';
import { workOf } from '../kinds/work-entry';
import { kindWork } from '../kinds/work';

await becomeRunner((job) => workOf(kindWork, job.spec.kind).run(job));
