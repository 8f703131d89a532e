import { existsSync } from 'node:fs';
import { type Device, type DeviceChoice, deviceChoices, deviceLabels } from '../../base/device';
import { type Environment, environment } from '../../base/environment';
import { UserError } from '../../base/errors';
import type { ProductChoice } from '../../base/precision';
import type { RunDevice } from '../../protocol/run';
import { probeDevice, type ProbedDevice, probeProducts, type ProductTrial } from './device-probe';

/** Decides where work computes, for as long as its process lives. */
export class DeviceChooser {
  private automatic: Promise<RunDevice> | undefined;
  private products: Promise<ProductTrial | undefined> | undefined;

  /**
   * The device for what a user asked for; without a wish the one that POLYMATH_DEVICE names, else `auto`. Throws UserError where
   * a named device is not there or computes wrongly: whoever names one wants no other.
   */
  async choose(wanted: DeviceChoice = wishOf(environment())): Promise<RunDevice> {
    if (wanted === 'auto') return (this.automatic ??= chooseByProbe());
    // What everybody has needs no probe, and is told when the work itself loads it.
    if (wanted === 'cpu') return { name: 'cpu', reason: 'it was asked for' };
    const probed = await probeDevice(wanted);
    if (!probed.there) throw missing(wanted, probed.cause, probed.next);
    if (!probed.right) throw missing(wanted, 'its numbers differ from those of the processor', 'Update its driver.');
    return { name: wanted, reason: `it was asked for: ${probed.found}` };
  }

  /**
   * The same with how frozen weights multiply there, in full where nothing else is asked for. Throws UserError for 8-bit products on a
   * GPU that was named, or on a processor that computes them wrongly.
   */
  async chooseFor(wanted?: DeviceChoice, precision: ProductChoice = 'full'): Promise<RunDevice> {
    const named = wanted ?? wishOf(environment());
    // Only the processor has them: whoever asks for them and names no device wants that one.
    const device = await this.choose(precision === 'int8' && named === 'auto' ? 'cpu' : named);
    if (precision === 'full') return device;
    if (device.name !== 'cpu') {
      if (precision === 'auto') return device;
      throw new UserError(
        `8-bit products are for the processor, and this is to run on ${deviceLabels[device.name]}.`,
        'Leave out --precision, or compute with --device cpu.',
      );
    }
    const trial = await (this.products ??= probeProducts());
    if (precision === 'auto') return withFaster(device, trial);
    if (trial?.right === false) {
      throw new UserError(
        'This processor has no instruction for 8-bit products (VNNI), and computes them wrongly without.',
        'Leave out --precision.',
      );
    }
    return { ...device, reason: `${device.reason}; 8-bit products were asked for`, products: 'int8' };
  }
}

/** Trials of short steps are never quite alike. */
const plainlyFaster = 1.1;

/** How a device multiplies by frozen weights where the faster way is asked for, and why. */
export function withFaster(device: RunDevice, trial: ProductTrial | undefined): RunDevice {
  const told = (how: string): string => `${device.reason}; ${how}`;
  if (trial === undefined) return { ...device, reason: told('8-bit products could not be tried') };
  const { right, speed } = trial;
  if (!right) return { ...device, reason: told('8-bit products are wrong on this processor') };
  const times = `8-bit products have ${speed.toFixed(1)} times the speed of full ones in a trial`;
  if (speed < plainlyFaster) return { ...device, reason: told(`${times}, too little to take them`) };
  return { ...device, reason: told(times), products: 'int8' };
}

function wishOf({ POLYMATH_DEVICE: named }: Environment): DeviceChoice {
  if (named === undefined || named === '') return 'auto';
  const found = deviceChoices.find((choice) => choice === named);
  if (found !== undefined) return found;
  throw new UserError(`POLYMATH_DEVICE names no device: ${named}.`, `Choose among ${deviceChoices.join(', ')}.`);
}

function missing(device: Device, cause: string, next: string): UserError {
  const otherwise = 'Choose another with --device: `polymath devices` lists what is there.';
  return new UserError(`${deviceLabels[device]} cannot compute here: ${cause}.`, `${next} ${otherwise}`.trim());
}

// Where there is a GPU, WebGPU and CUDA reach it; DirectML and Core ML, which keep no tensors on it, are for those who ask.
const candidates: readonly Device[] = ['webgpu', 'cuda'];
const gpuFiles = ['/dev/dri', '/dev/nvidia0', '/dev/dxg'];

async function chooseByProbe(): Promise<RunDevice> {
  if (process.platform === 'linux' && !gpuFiles.some((path) => existsSync(path))) {
    return { name: 'cpu', reason: `this machine shows no GPU (${gpuFiles.join(', ')})` };
  }
  return chooseAmong(await Promise.all(candidates.map((device) => probeDevice(device))));
}

/** The fastest that is right, is a GPU indeed, and is faster than the processor; otherwise the processor, and why. */
export function chooseAmong(probed: readonly ProbedDevice[]): RunDevice {
  const verdicts = probed.map((device) => ({ device, against: against(device) }));
  const fit = probed.flatMap((device) => (device.there && against(device) === undefined ? [device] : []));
  const [fastest] = fit.sort((a, b) => b.speed - a.speed);
  if (fastest !== undefined) {
    const reason = `${fastest.found}; ${fastest.speed.toFixed(1)} times as fast as the processor in a trial`;
    return { name: fastest.device, reason };
  }
  const reasons = verdicts.map(({ device, against: why = '' }) => `${deviceLabels[device.device]}: ${why}`);
  return { name: 'cpu', reason: reasons.join('; ') };
}

/** What speaks against a device. */
function against(device: ProbedDevice): string | undefined {
  if (!device.there) return device.cause;
  if (device.software) return 'its driver computes on the processor';
  if (!device.right) return 'its numbers differ from those of the processor';
  return device.speed > 1
    ? undefined
    : `slower than the processor in a trial (${device.speed.toFixed(2)} of its speed)`;
}
