import { hashModel } from '../../model/weights/fingerprint';
import { LanguageModel } from '../../model/language-model';
import { findModel } from '../../model-files/source';
import { UserError } from '../../base/errors';
import { modelSetting, modelToday } from '../../base/settings';
import type { Job } from '../../engine/job';
import type { ExpertSetRecord } from '../../protocol/records';

/** A base model with the hash of its files. */
export interface OpenedModel {
  readonly model: LanguageModel;
  readonly sha256: string;
}

/** The base model that a run names. */
export async function openModel(
  name: string,
  { device, products, watch, counted }: Pick<Job, 'device' | 'products' | 'watch' | 'counted'>,
): Promise<OpenedModel> {
  const found = await findModel(name, watch);
  return {
    model: await LanguageModel.open(found.folder, { name: found.name, device, products, counted }),
    sha256: await hashModel(found.folder),
  };
}

/** The base model that experts were trained on. Throws UserError where it is another one by now. */
export async function openModelOf(experts: ExpertSetRecord, job: Job): Promise<OpenedModel> {
  const opened = await openModel(experts.model, job);
  requireModelOf(experts, opened.sha256);
  return opened;
}

/** Throws UserError where experts were trained on another base model than that of this hash. */
export function requireModelOf({ name, model, modelSha256 }: ExpertSetRecord, sha256: string): void {
  if (sha256 === modelSha256) return;
  const cause =
    modelToday(model) === modelSetting.default
      ? 'another version of Polymath brought that one'
      : `the files of ${model} have changed since`;
  throw new UserError(
    `${name} were trained on another base model than the one at hand: ${cause}.`,
    'Train the experts again, or go on with the base model that they were trained on.',
  );
}
