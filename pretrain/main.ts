/** Reproduces the bundled base model: texts, tokenizer, training. `npm run pretrain`; goes on from its last checkpoint. */
import { train } from './train';

const cache = '.cache/pretrain';
const controller = new AbortController();
process.on('SIGINT', () => controller.abort(new Error('interrupted')));
process.on('SIGTERM', () => controller.abort(new Error('interrupted')));

let last = 0;
const started = performance.now();
let first = -1;
await train(cache, 'models/polymath-base', {
  signal: controller.signal,
  report: ({ done, total, unit, note }) => {
    if (first < 0) first = done;
    if (performance.now() - last < 10_000) return;
    last = performance.now();
    const rate = (done - first) / ((last - started) / 1000);
    console.log(
      `${done} of ${total} ${unit}, ${rate.toFixed(0)} ${unit}/s, ${((total - done) / rate / 60).toFixed(0)} min left, ${note ?? ''}`,
    );
  },
});
