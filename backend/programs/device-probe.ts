/**
 * The program that looks for a device, `device-probe <device>`, or tries 8-bit products on the processor, `device-probe cpu products`. A driver may end it or keep it for ever, so whoever starts it
 * expects that. Says what it measured in one line of JSON; what ONNX Runtime and drivers say goes to standard error.
 */
import { devices } from '../base/device';
import { loadRuntime } from '../tensor/load-runtime';
import { int8SumsAreWhole, probeFrozenStep, probeStep } from '../tensor/probe-step';
import { endWithParent } from '../engine/child';

// Devices that compute in half precision where they are asked for single (TF32) are right to three digits.
const tolerance = 0.01;
// Of what is rounded to 8 bits, three times in a row.
const roundingTolerance = 0.1;
// Tokens, and runs after the first: of a step that shows whether it is right, and of one that is worth a GPU.
const [short, long] = [
  [4, 1],
  [256, 3],
] as const;
const hopeless = 0.05;

/** The largest difference of two lists of numbers, by the largest number of the first. */
function farthest(a: Float32Array, b: Float32Array): number {
  const apart = Math.max(...a.map((value, i) => Math.abs(value - b[i])));
  return apart / Math.max(...a.map(Math.abs));
}

async function probe(): Promise<object> {
  const device = devices.find((known) => known === process.argv[2]) ?? 'cpu';
  // At this level it tells the GPUs that it finds.
  (await loadRuntime()).env.logLevel = 'info';
  const [processor, there] = [await probeStep('cpu', ...short), await probeStep(device, ...short)];
  const right = farthest(processor.gradients, there.gradients) <= tolerance;
  const speed = processor.seconds / there.seconds;
  // A driver that computes on the processor would take a minute for the long step.
  if (speed < hopeless) return { right, speed };
  return { right, speed: (await probeStep('cpu', ...long)).seconds / (await probeStep(device, ...long)).seconds };
}

/** In turns, so that what else is at work disturbs both. */
async function probeProducts(): Promise<object> {
  const seconds = { full: Infinity, int8: Infinity };
  let apart = 0;
  for (let round = 0; round < 3; round++) {
    const [full, int8] = [await probeFrozenStep(false, ...long), await probeFrozenStep(true, ...long)];
    seconds.full = Math.min(seconds.full, full.seconds);
    seconds.int8 = Math.min(seconds.int8, int8.seconds);
    apart = farthest(full.gradients, int8.gradients);
  }
  return { right: apart <= roundingTolerance && (await int8SumsAreWhole()), speed: seconds.full / seconds.int8 };
}

endWithParent(0);
try {
  const [, , , what] = process.argv;
  process.stdout.write(JSON.stringify(await (what === 'products' ? probeProducts() : probe())), () => process.exit(0));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
