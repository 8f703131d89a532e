import { existsSync } from 'node:fs';
import { type Device, type DeviceChoice, deviceChoices, deviceLabels } from '../../base/device';
import { type Environment, environment } from '../../base/environment';
import { UserError } from '../../base/errors';
import type { RunDevice } from '../../protocol/run';
import { probeDevice, type ProbedDevice } from './device-probe';

/** Decides where work computes, for as long as its process lives. */
export class DeviceChooser {
  private automatic: Promise<RunDevice> | undefined;

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
