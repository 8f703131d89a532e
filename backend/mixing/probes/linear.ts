import { descend, type Learner, onRawStates, standardisation, standardised } from './learning';

/** Logistic regression, by Adam on standardised states. */
export const linear: Learner = ({ rows, ...examples }, settings) => {
  const D = rows.length / examples.labels.length;
  const scale = standardisation(rows, D);
  const states = standardised(rows, scale);
  const parameters = descend(examples, settings, D + 1, {
    forward: (w, i) => {
      let logit = w[D];
      for (let j = 0; j < D; j++) logit += w[j] * states[i * D + j];
      return logit;
    },
    backward: (_, i, error, gradient) => {
      for (let j = 0; j < D; j++) gradient[j] += error * states[i * D + j];
      gradient[D] += error;
    },
  });
  return onRawStates(parameters.slice(0, D), parameters[D], scale);
};
