import { createRandom } from '../../base/random';
import { descend, type Learner, onRawStates, standardisation, standardised } from './learning';

/** Units of the layer. */
const H = 16;

/** One hidden layer of tanh units before the logit, by Adam on standardised states. */
export const hiddenLayer: Learner = ({ rows, ...examples }, settings) => {
  const D = rows.length / examples.labels.length;
  const scale = standardisation(rows, D);
  const states = standardised(rows, scale);
  // Parameters: the layer's weights [H, D], its biases [H], then those of the logit [H + 1].
  const [biases, out] = [H * D, H * D + H];
  const units = new Float64Array(H);
  const parameters = descend(examples, settings, out + H + 1, {
    begin: (w) => {
      const random = createRandom(settings.seed, 34);
      for (let p = 0; p < biases; p++) w[p] = random.normal() / Math.sqrt(D);
    },
    forward: (w, i) => {
      let logit = w[out + H];
      for (let h = 0; h < H; h++) {
        let sum = w[biases + h];
        for (let j = 0; j < D; j++) sum += w[h * D + j] * states[i * D + j];
        units[h] = Math.tanh(sum);
        logit += w[out + h] * units[h];
      }
      return logit;
    },
    backward: (w, i, error, gradient) => {
      gradient[out + H] += error;
      for (let h = 0; h < H; h++) {
        gradient[out + h] += error * units[h];
        const below = error * w[out + h] * (1 - units[h] ** 2);
        gradient[biases + h] += below;
        for (let j = 0; j < D; j++) gradient[h * D + j] += below * states[i * D + j];
      }
    },
  });
  const rowsOfLayer = Array.from({ length: H }, (_, h) =>
    onRawStates(parameters.slice(h * D, (h + 1) * D), parameters[biases + h], scale),
  );
  return {
    weights: parameters.slice(out, out + H),
    bias: parameters[out + H],
    layer: {
      weights: Float64Array.from(rowsOfLayer.flatMap(({ weights }) => [...weights])),
      biases: Float64Array.from(rowsOfLayer, ({ bias }) => bias),
    },
  };
};
