/** Post-processors of `tokenizer.json`: what is put before and after every text. */
import { z } from 'zod';
import { UserError } from '../../base/errors';
import { entryOf, tableOf } from '../../base/table';
import type { Component } from './definition';

interface Around {
  readonly before: number | undefined;
  readonly after: number | undefined;
}

const template = z.object({
  single: z.array(
    z.union([z.object({ Sequence: z.unknown() }), z.object({ SpecialToken: z.object({ id: z.string() }) })]),
  ),
  special_tokens: tableOf(z.object({ ids: z.array(z.int().nonnegative()) })),
});
const pair = z.tuple([z.string(), z.int().nonnegative()]);
const classifier = z.object({ cls: pair, sep: pair });
const sequence = z.object({ processors: z.array(z.looseObject({ type: z.string() })) });

/** What a post-processor puts before and after a text; undefined where there is none. Throws UserError for an unknown kind. */
export function tokensAround(component: Component | null | undefined, folder: string): Around | undefined {
  if (component == null) return undefined;
  const wrong = (): UserError =>
    new UserError(
      `The tokenizer in ${folder} puts tokens around texts by a ${component.type} that is not supported here.`,
      'Use another model.',
    );
  if (component.type === 'ByteLevel') return { before: undefined, after: undefined };
  if (component.type === 'Sequence') {
    const parts = sequence.safeParse(component).data?.processors.map((one) => tokensAround(one, folder));
    if (parts === undefined) throw wrong();
    const [first] = parts.filter((part) => part?.before !== undefined || part?.after !== undefined);
    return first ?? { before: undefined, after: undefined };
  }
  if (component.type === 'TemplateProcessing') {
    const { data } = template.safeParse(component);
    const pieces = data?.single.map((piece) => {
      return 'SpecialToken' in piece ? (entryOf(data.special_tokens, piece.SpecialToken.id)?.ids ?? []) : 'text';
    });
    const at = pieces?.indexOf('text') ?? -1;
    const [before, after] = [pieces?.slice(0, at).flat() ?? [], pieces?.slice(at + 1).flat() ?? []];
    if (at === -1 || before.length > 1 || after.length > 1 || [...before, ...after].includes('text')) throw wrong();
    return { before: before.map(Number)[0], after: after.map(Number)[0] };
  }
  const { data } = classifier.safeParse(component);
  if (data === undefined) throw wrong();
  return { before: data.cls[1], after: data.sep[1] };
}

/** Puts these tokens around a text, and around each of a pair. */
export function puttingAround(
  ids: ReadonlyMap<string, number>,
  begin: string | undefined,
  end: string | undefined,
): object | null {
  const around = [begin, end].filter((token) => token !== undefined);
  if (around.length === 0) return null;
  const sequence = (id: string, type_id: number): object[] => {
    const special = (token: string | undefined): object[] =>
      token === undefined ? [] : [{ SpecialToken: { id: token, type_id } }];
    return [...special(begin), { Sequence: { id, type_id } }, ...special(end)];
  };
  return {
    type: 'TemplateProcessing',
    single: sequence('A', 0),
    pair: [...sequence('A', 0), ...sequence('B', 1)],
    special_tokens: Object.fromEntries(around.map((id) => [id, { id, ids: [ids.get(id)], tokens: [id] }])),
  };
}
