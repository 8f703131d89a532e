export interface DescentSettings {
  readonly learningRate: number;
  readonly weightDecay: number;
}

const [beta1, beta2] = [0.9, 0.99];

/** Adam with a rate that falls linearly to zero. */
export class Descent {
  readonly parameters: Float64Array;
  private readonly first: Float64Array;
  private readonly second: Float64Array;
  private steps = 0;

  constructor(
    size: number,
    private readonly settings: DescentSettings,
    private readonly total: number,
  ) {
    this.parameters = new Float64Array(size);
    this.first = new Float64Array(size);
    this.second = new Float64Array(size);
  }

  step(gradient: Float64Array): void {
    const { learningRate, weightDecay } = this.settings;
    const { parameters, first, second } = this;
    this.steps++;
    const rate = learningRate * (1 - this.steps / (this.total + 1));
    const correction1 = 1 - beta1 ** this.steps;
    const correction2 = 1 - beta2 ** this.steps;
    for (let j = 0; j < parameters.length; j++) {
      first[j] = beta1 * first[j] + (1 - beta1) * gradient[j];
      second[j] = beta2 * second[j] + (1 - beta2) * gradient[j] ** 2;
      const update = first[j] / correction1 / (Math.sqrt(second[j] / correction2) + 1e-8);
      parameters[j] -= rate * (update + weightDecay * parameters[j]);
    }
  }
}
