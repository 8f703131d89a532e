/** What is to be said of a set of experts before its figures. */
import { decimal, formatNumber } from '../base/format';
import type { ExpertSetRecord } from './records';

/** Sentences for people, the gravest first; none where all is well. */
export function warningsOf({ experts, settings }: ExpertSetRecord): string[] {
  const warnings: string[] = [];
  const worse = experts.filter(({ validation }) => validation !== undefined && validation.loss > validation.base);
  if (worse.length > 0) {
    const names = worse.map(({ letter }) => letter).join(', ');
    const [noun, verb] = worse.length === 1 ? ['Expert', 'predicts'] : ['Experts', 'predict'];
    warnings.push(
      `${noun} ${names} ${verb} unseen documents worse than the base model: train with a lower learning rate or on fewer tokens.`,
    );
  }
  const { learningRate, askedLearningRate, triedLearningRates } = settings;
  if (triedLearningRates !== undefined) {
    warnings.push(`Learning rates with nats per token on validation documents, the best first: ${triedLearningRates}.`);
  }
  if (askedLearningRate !== undefined) {
    warnings.push(
      `Training diverged at a learning rate of ${decimal(Number(askedLearningRate))}, so all was trained anew at ${decimal(Number(learningRate))}.`,
    );
  }
  const { conversations, plainConversations } = settings;
  if (typeof plainConversations === 'number' && plainConversations > 0) {
    warnings.push(
      `${plainConversations} of ${formatNumber(Number(conversations), 'conversation')} did not suit the chat template of the base model and ${plainConversations === 1 ? 'was' : 'were'} learned as plain text.`,
    );
  }
  const { conversationsLeftOut, documentTokens } = settings;
  if (typeof conversationsLeftOut === 'number') {
    const [have, were] = conversationsLeftOut === 1 ? ['has', 'was'] : ['have', 'were'];
    const within = formatNumber(Number(documentTokens), 'token');
    warnings.push(
      `${formatNumber(conversationsLeftOut, 'conversation')} ${have} no answer within ${within} and ${were} left out.`,
    );
  }
  const { earlierCheckpoints } = settings;
  if (typeof earlierCheckpoints === 'number') {
    const left = formatNumber(earlierCheckpoints, 'earlier checkpoint');
    const were = earlierCheckpoints === 1 ? 'was' : 'were';
    warnings.push(`${left} of the same training ${were} left out; one is imported too where its folder is named.`);
  }
  return warnings;
}
