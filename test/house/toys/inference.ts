import { mixtureKind } from '../../../backend/answer/mixture';
import { answererKinds } from '../../../backend/council/answerer-kinds';
import { answerPrompts } from '../../../backend/programs/answer-prompts';
import { toyWeightings } from './weighting';

// The last of a name is taken.
answerPrompts([...answererKinds, mixtureKind(toyWeightings)]);
