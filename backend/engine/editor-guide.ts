/** The editor's offer of its language models, handed down to the processes of runs that begin after it. */
import { UserError } from '../base/errors';
import { type GuideOffer, guideOffer } from '../protocol/guide';

const variable = 'POLYMATH_EDITOR_GUIDE';

export function offerGuide(offer: GuideOffer): void {
  process.env[variable] = JSON.stringify(offer);
}

/** Throws UserError where no editor has offered its models. */
export function editorGuide(): GuideOffer {
  const offer = process.env[variable];
  if (offer !== undefined) return guideOffer.parse(JSON.parse(offer));
  throw new UserError('No editor offers its models.', 'Start the split from the editor, or resume it there.');
}
