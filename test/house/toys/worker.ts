import { performersWith } from '../../../backend/engine/tasks/perform';
import { serveTasks } from '../../../backend/engine/tasks/perform/worker';
import { toyWeightings } from './weighting';

serveTasks(performersWith(toyWeightings));
