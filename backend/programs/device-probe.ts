/**
 * The program that looks for a device: `device-probe <device>`. A driver may end it or keep it for ever, so whoever starts it
 * expects that. Says what it measured in one line of JSON; what ONNX Runtime and drivers say goes to standard error.
 */
import { devices } from '../base/device';
import { loadRuntime } from '../tensor/load-runtime';
import { probeStep } from '../tensor/probe-step';
import { endWithParent } from '../engine/child';

// Devices that compute in half precision where they are asked for single (TF32) are right to three digits.
const tolerance = 0.01;
// Tokens, and runs after the first: of a step that shows whether it is right, and of one that is worth a GPU.
const [short, long] = [
  [4, 1],
  [256, 3],
] as const;
const hopeless = 0.05;

async function probe(): Promise<object> {
  const device = devices.find((known) => known === process.argv[2]) ?? 'cpu';
  // At this level it tells the GPUs that it finds.
  (await loadRuntime()).env.logLevel = 'info';
  const [processor, there] = [await probeStep('cpu', ...short), await probeStep(device, ...short)];
  const largest = Math.max(...processor.gradients.map(Math.abs));
  const apart = Math.max(...processor.gradients.map((value, i) => Math.abs(value - there.gradients[i])));
  const right = apart <= tolerance * largest;
  const speed = processor.seconds / there.seconds;
  // A driver that computes on the processor would take a minute for the long step.
  if (speed < hopeless) return { right, speed };
  return { right, speed: (await probeStep('cpu', ...long)).seconds / (await probeStep(device, ...long)).seconds };
}

endWithParent(0);
try {
  process.stdout.write(JSON.stringify(await probe()), () => process.exit(0));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
