/** The program of a worker process. */
import { performersWith } from '../engine/tasks/perform';
import { serveTasks } from '../engine/tasks/perform/worker';

serveTasks(performersWith());
