/** The program of a worker process. */
import { performers } from '../engine/tasks/perform';
import { serveTasks } from '../engine/tasks/perform/worker';

serveTasks(performers);
