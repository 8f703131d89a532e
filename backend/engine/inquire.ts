import type { Given, Result } from '../protocol/messages';
import { program } from '../base/package-folder';
import { askChild } from './ask-child';

/** Questions about files and models, which a program of its own answers. */
export type Inquiry = 'source/inspect' | `catalog/${'list' | 'inspect' | 'verify' | 'removal' | 'remove'}`;

/** What answers each of them, in that program. */
export type Answers = { readonly [M in Inquiry]: (params: Given<M>, signal: AbortSignal) => Promise<Result<M>> };

export async function inquire<M extends Inquiry>(
  method: M,
  params: Given<M>,
  signal: AbortSignal | undefined,
): Promise<Result<M>> {
  return askChild(await program('backend/programs/inquiry'), [method], params, signal);
}
