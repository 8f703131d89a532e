import { program } from '../base/package-folder';
import type { Given, Result } from '../protocol/messages';
import { askChild } from './ask-child';
import { inquiries, type Inquiry } from './exchanges';

/** Asks about files or models. Throws as `askChild` does. */
export async function inquire<M extends Inquiry>(
  method: M,
  params: Given<M>,
  signal: AbortSignal | undefined,
): Promise<Result<M>> {
  return askChild(await program('backend/programs/inquiry'), inquiries[method], params, { signal, args: [method] });
}
