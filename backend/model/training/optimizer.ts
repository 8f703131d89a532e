/** Parameters in training and what changes them. */
import type { Device } from '../../base/device';
import {
  DeviceAdamW,
  type ParameterGroups,
  joinGroups,
  type Numbers,
  squaredNorms,
} from '../../tensor/device-optimizer';
import { keepsTensors } from '../../tensor/devices';
import type { Graph, Value } from '../../tensor/graph';
import { add, reshape, slice } from '../../tensor/ops';
import { type Matrix, Muon, type MuonSettings } from '../../tensor/muon';
import { AdamW, type AdamWSettings, type Segment } from '../../tensor/optimizer';
import { type DeviceTensor, type Results, type Tensors, upload } from '../../tensor/runtime';
import { float32, parameterFeeds, parameterInputs } from '../language-model';
import type { ParameterPlace, Parameters } from '../architectures/parameters';

/** Where a training stands: with it, it goes on where it stopped. Numbers are in the order of the parameters' buffer. */
export interface OptimizerState extends Numbers {
  readonly steps: number;
}

export interface Optimizer {
  /** Updates made. */
  readonly steps: number;
  /** The parameters in the graph of a step, by name. */
  inputs(graph: Graph): Map<string, Value>;
  /** What `update` wants of that graph, made of the gradient of each parameter; `keep` stays on the device. */
  outputs(gradients: ReadonlyMap<string, Value>): Record<string, Value>;
  readonly keep: readonly string[];
  /** What a run of that graph is given. */
  feeds(): Record<string, Tensors | DeviceTensor>;
  /** Adds the gradients of a run to those of the runs after it, up to the next update. */
  gather(results: Results): void;
  /** One update, from what a run gave and what was gathered before it. Returns the gradient norm of each group before clipping. */
  update(results: Results, learningRate: number): Promise<Float64Array>;
  /** Puts the numbers as they are now into the parameters' buffer. */
  fetch(): Promise<void>;
  /** The arrays may be the live ones. */
  save(): Promise<OptimizerState>;
  restore(state: OptimizerState): Promise<void>;
  dispose(): Promise<void>;
}

/** AdamW, and Muon for the matrices that it is to change: on the processor, and of one expert at a time. */
export interface OptimizerSettings extends AdamWSettings {
  readonly muon?: MuonSettings;
}

/** How parameters are trained: groups side by side in the first dimension of each, clipped apart; and which of them decay. */
export interface UpdateRule {
  readonly groups: number;
  readonly decays: (place: ParameterPlace) => boolean;
  readonly optimizer: OptimizerSettings;
  readonly threads: number;
  /** Whether gradients of several runs make one update. */
  readonly accumulates: boolean;
}

/** Throws RangeError for Muon where it is not computed. */
export async function createOptimizer(device: Device, parameters: Parameters, rule: UpdateRule): Promise<Optimizer> {
  if (!keepsTensors(device)) return HostOptimizer.create(device, parameters, rule);
  if (rule.optimizer.muon !== undefined) throw new RangeError(`Muon is computed on the processor, not on ${device}`);
  return DeviceOptimizer.create(device, parameters, rule);
}

/** Learns in this process's memory: the same bits on the same machine, run for run. */
class HostOptimizer implements Optimizer {
  readonly keep: readonly string[] = [];
  /** Sums of the gradients of earlier runs, by parameter. */
  private readonly gathered = new Map<string, Float32Array>();

  private constructor(
    private readonly parameters: Parameters,
    private readonly groups: number,
    private readonly optimizer: AdamW,
    private readonly muon: Muon | undefined,
    private readonly byMuon: (place: ParameterPlace) => boolean,
  ) {}

  static async create(device: Device, parameters: Parameters, rule: UpdateRule): Promise<HostOptimizer> {
    const { groups, decays, threads, optimizer: settings } = rule;
    const { muon: ofMatrices } = settings;
    if (ofMatrices !== undefined && groups > 1) throw new RangeError('Muon changes one expert at a time');
    const byMuon = ({ name }: ParameterPlace): boolean => ofMatrices?.changes(name) === true;
    const segments = parameters.places
      .filter((place) => !byMuon(place))
      .flatMap((place) =>
        Array.from({ length: groups }, (_, group): Segment => {
          const length = place.length / groups;
          return { offset: place.offset + group * length, length, group, decay: decays(place) };
        }),
      );
    const optimizer = new AdamW(parameters.data, segments, settings);
    if (ofMatrices === undefined) return new HostOptimizer(parameters, groups, optimizer, undefined, byMuon);
    const matrices = parameters.places.filter(byMuon).map(({ offset, shape: [rows, columns] }): Matrix => {
      return { offset, rows, columns };
    });
    const { firstMoment } = optimizer;
    const muon = await Muon.create(parameters.data, firstMoment, matrices, ofMatrices, { device, threads });
    return new HostOptimizer(parameters, groups, optimizer, muon, byMuon);
  }

  get steps(): number {
    return this.optimizer.steps;
  }

  inputs(graph: Graph): Map<string, Value> {
    return parameterInputs(graph, this.parameters);
  }

  outputs(gradients: ReadonlyMap<string, Value>): Record<string, Value> {
    return Object.fromEntries([...gradients].map(([name, gradient]) => [`gradient:${name}`, gradient]));
  }

  feeds(): Record<string, Tensors> {
    return parameterFeeds(this.parameters);
  }

  gather(results: Results): void {
    for (const { name } of this.parameters.places) {
      const gradient = float32(results, `gradient:${name}`);
      const sum = this.gathered.get(name);
      if (sum === undefined) this.gathered.set(name, gradient.slice());
      else for (let i = 0; i < sum.length; i++) sum[i] += gradient[i];
    }
  }

  async update(results: Results, learningRate: number): Promise<Float64Array> {
    const { groups, byMuon } = this;
    if (this.gathered.size > 0) this.gather(results);
    const { places } = this.parameters;
    const gradientOf = ({ name }: ParameterPlace): Float32Array =>
      this.gathered.get(name) ?? float32(results, `gradient:${name}`);
    const gradients = places
      .filter((place) => !byMuon(place))
      .flatMap((place) => {
        const [gradient, size] = [gradientOf(place), place.length / groups];
        return Array.from({ length: groups }, (_, group) => gradient.subarray(group * size, (group + 1) * size));
      });
    const norms = this.optimizer.step(gradients, learningRate);
    await this.muon?.step(places.filter(byMuon).map(gradientOf), learningRate);
    this.gathered.clear();
    return norms;
  }

  fetch(): Promise<void> {
    return Promise.resolve();
  }

  save(): Promise<OptimizerState> {
    const { firstMoment, secondMoment, steps } = this.optimizer;
    return Promise.resolve({ parameters: this.parameters.data, firstMoment, secondMoment, steps });
  }

  restore({ parameters, firstMoment, secondMoment, steps }: OptimizerState): Promise<void> {
    this.parameters.data.set(parameters);
    this.optimizer.firstMoment.set(firstMoment);
    this.optimizer.secondMoment.set(secondMoment);
    this.optimizer.steps = steps;
    return Promise.resolve();
  }

  async dispose(): Promise<void> {
    await this.muon?.dispose();
  }
}

/** Learns on a device that keeps tensors. There the numbers of each group stand together: [k, n]. */
class DeviceOptimizer implements Optimizer {
  readonly keep = ['gradient'];
  /** The sum of the gradients of earlier runs [k, n]: where it is none, `none` is added. */
  private gathered: DeviceTensor | undefined;

  private constructor(
    private readonly parameters: Parameters,
    private readonly groups: ParameterGroups,
    private readonly optimizer: DeviceAdamW,
    private readonly none: DeviceTensor | undefined,
  ) {}

  static async create(device: Device, parameters: Parameters, rule: UpdateRule): Promise<Optimizer> {
    const { groups: k, decays, optimizer: settings, accumulates } = rule;
    const n = parameters.data.length / k;
    const decay = new Float32Array(n);
    for (const place of parameters.places) {
      decay.fill(decays(place) ? 1 : 0, place.offset / k, (place.offset + place.length) / k);
    }
    const numbers = {
      parameters: toGroups(parameters, k, parameters.data),
      firstMoment: new Float32Array(k * n),
      secondMoment: new Float32Array(k * n),
    };
    const mixed = decay.includes(0) ? decay : undefined;
    const zeros = { none: { data: new Float32Array(k * n), shape: [k, n] } };
    const none = accumulates ? (await upload(device, zeros)).none : undefined;
    const optimizer = await DeviceAdamW.create(device, [k, n], settings, numbers, mixed);
    return new DeviceOptimizer(parameters, [k, n], optimizer, none);
  }

  get steps(): number {
    return this.optimizer.steps;
  }

  inputs(graph: Graph): Map<string, Value> {
    const [k, n] = this.groups;
    const all = graph.input('parameters', 'float32', [k, n]);
    return new Map(
      this.parameters.places.map(({ name, shape, offset, length }) => [
        name,
        reshape(slice(all, 1, offset / k, (offset + length) / k), shape),
      ]),
    );
  }

  outputs(gradients: ReadonlyMap<string, Value>): Record<string, Value> {
    const own = joinGroups([...gradients.values()], this.groups[0]);
    const gradient = this.none === undefined ? own : add(own, own.graph.input('gathered', 'float32', this.groups));
    return { gradient, squares: squaredNorms(gradient, this.groups) };
  }

  feeds(): Record<string, DeviceTensor> {
    const gathered = this.gathered ?? this.none;
    return { parameters: this.optimizer.parameters, ...(gathered && { gathered }) };
  }

  gather(results: Results): void {
    this.replaceGathered(results.takeTensor('gradient'));
  }

  async update(results: Results, learningRate: number): Promise<Float64Array> {
    const norms = Float64Array.from(float32(results, 'squares'), Math.sqrt);
    await this.optimizer.step(results.keptTensor('gradient'), norms, learningRate);
    this.replaceGathered(undefined);
    return norms;
  }

  private replaceGathered(sum: DeviceTensor | undefined): void {
    this.gathered?.dispose();
    this.gathered = sum;
  }

  async fetch(): Promise<void> {
    const { parameters } = await this.save();
    this.parameters.data.set(parameters);
  }

  async save(): Promise<OptimizerState> {
    const [k] = this.groups;
    const { parameters, firstMoment, secondMoment } = await this.optimizer.read();
    return {
      parameters: fromGroups(this.parameters, k, parameters),
      firstMoment: fromGroups(this.parameters, k, firstMoment),
      secondMoment: fromGroups(this.parameters, k, secondMoment),
      steps: this.optimizer.steps,
    };
  }

  async restore({ parameters, firstMoment, secondMoment, steps }: OptimizerState): Promise<void> {
    const [k] = this.groups;
    await this.optimizer.write({
      parameters: toGroups(this.parameters, k, parameters),
      firstMoment: toGroups(this.parameters, k, firstMoment),
      secondMoment: toGroups(this.parameters, k, secondMoment),
    });
    this.optimizer.steps = steps;
    this.parameters.data.set(parameters);
  }

  dispose(): Promise<void> {
    this.gathered?.dispose();
    this.none?.dispose();
    return this.optimizer.dispose();
  }
}

/** Numbers in the order of the buffer, where each parameter has its groups side by side, as [k, n], and back. */
function toGroups({ places }: Parameters, k: number, numbers: Float32Array): Float32Array {
  const result = new Float32Array(numbers.length);
  eachShare(places, k, numbers.length / k, (inBuffer, inGroups, length) =>
    result.set(numbers.subarray(inBuffer, inBuffer + length), inGroups),
  );
  return result;
}

function fromGroups({ places }: Parameters, k: number, numbers: Float32Array): Float32Array {
  const result = new Float32Array(numbers.length);
  eachShare(places, k, numbers.length / k, (inBuffer, inGroups, length) =>
    result.set(numbers.subarray(inGroups, inGroups + length), inBuffer),
  );
  return result;
}

function eachShare(
  places: readonly ParameterPlace[],
  k: number,
  n: number,
  visit: (inBuffer: number, inGroups: number, length: number) => void,
): void {
  for (const { offset, length } of places) {
    const share = length / k;
    for (let group = 0; group < k; group++) visit(offset + group * share, group * n + offset / k, share);
  }
}
