/** The program that answers prompts. */
import { answererKinds } from '../council/answerer-kinds';
import { answerPrompts } from './answer-prompts';

answerPrompts(answererKinds);
