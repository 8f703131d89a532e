/** A worker that knows a kind of task which the product does not have. */
import { z } from 'zod';
import { getValue } from '../../backend/engine/artifacts/values';
import { performer } from '../../backend/engine/tasks/perform';
import { serveTasks } from '../../backend/engine/tasks/perform/worker';
import { countTask } from './toy-task';

const count = performer(countTask, () =>
  Promise.resolve(async ({ text, word }, { artifacts }) => {
    const words = (await getValue(artifacts, text, z.string())).split(' ');
    return { count: words.filter((one) => one === word).length };
  }),
);

serveTasks([count]);
