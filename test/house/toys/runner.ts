import { becomeRunner } from '../../../backend/engine/runner';
import { workOf } from '../../../backend/kinds/work-entry';
import { toyWork } from './work';

await becomeRunner((job) => workOf(toyWork, job.spec.kind).run(job), 'test/house/toys/worker');
