/** What a pipeline is told where nobody says anything, and why it cannot begin. Free of schemas, because the editor asks it too. */
import { UserError } from '../../base/errors';
import { formatNumber } from '../../base/format';
import { modelSetting, type Raw } from '../../base/settings';
import type { SourceFacts } from '../../protocol/catalog';
import { requireImportable } from '../import/plan';
import { kSetting } from '../split/spec';
import { trainKind } from '../train/spec';

/** Documents of a pile at least, and how often a text is learned from at most. */
const [fewest, epochs] = [20, 10];
const bytesPerToken = 4;
const leastTokens = 20_000;

/** Piles and training tokens that fit the corpus. */
export function plannedFor({ documents, textBytes }: Pick<SourceFacts, 'documents' | 'textBytes'>): {
  readonly k: number;
  readonly tokens: number;
} {
  const tokens = Math.round((epochs * textBytes) / bytesPerToken / 1000) * 1000;
  return {
    k: Math.max(2, Math.min(kSetting.default, Math.floor(documents.train / fewest))),
    tokens: Math.max(leastTokens, Math.min(trainKind.settings.tokens.default, tokens)),
  };
}

/** Throws UserError where the import must fail, or what it makes is too little for what follows. */
export function requireUsable(facts: SourceFacts, told: Raw): void {
  requireImportable(facts, told);
  const { name, documents } = facts;
  if (!documents.all) return;
  const k = Number(told.k ?? plannedFor(facts).k);
  if (documents.train < k) {
    const piles = formatNumber(k, 'pile');
    throw new UserError(
      `${formatNumber(documents.train, 'training document')} cannot fill ${piles}.`,
      'Ask for fewer piles ({k}), or add texts.',
    );
  }
  if (documents.validation === 0) {
    throw new UserError(
      `The mixer is fitted on validation documents, and ${name} would have none.`,
      'Add texts that differ, or give them a share ({validation} 0.1).',
    );
  }
}

/** What the bundled model is good for; undefined for others. */
export const remarkOnModel = (model: unknown): string | undefined =>
  model === modelSetting.default ? 'the bundled model is for trying: it writes little that means anything' : undefined;
