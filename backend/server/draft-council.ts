/**
 * A council drafted from what its members learned: a role for each in one frame (its expertise, what it is asked for, what it leaves
 * to others), filled from its pile, and an instruction for all. No model is asked, so the same piles give the same words.
 */
import { UserError } from '../base/errors';
import { formatList, formatPercent } from '../base/format';
import { printable } from '../base/printable';
import type { Result } from '../protocol/messages';
import type { Store } from '../store/store';

/** What is known of the pile of a member. */
export interface PileFacts {
  readonly name: string;
  /** The most telling first. */
  readonly terms: readonly string[];
  /** The beginnings of its most typical documents, each on one line. */
  readonly beginnings: readonly string[];
  /** The gold domain that most of its documents are of, with their share, where the corpus has domains. */
  readonly domain?: { readonly name: string; readonly share: number } | undefined;
}

const instruction =
  'Work together: share what you know of the question, build on what others wrote, and say where your knowledge ends.';

/** Throws UserError where these experts learned from no piles of this project. */
export async function draftCouncil(store: Store, experts: string): Promise<Result<'councils/draft'>> {
  const set = await store.experts.get(experts);
  const { clustering } = set;
  if (clustering === undefined) throw withoutPiles(experts);
  const [piles, domains] = await Promise.all([store.piles.list(clustering), store.piles.domains(clustering)]);
  const learned = await Promise.all(
    set.experts.map(async ({ letter, pile: number }) => {
      const pile = piles.find((one) => one.pile === number);
      if (pile === undefined) throw withoutPiles(experts);
      const page = { clustering, pile: pile.pile, outliers: false, order: 'confidence', offset: 0, limit: 20 } as const;
      const documents = (await store.piles.listDocuments(page)).items.filter(({ excluded }) => excluded !== true);
      const [largest] = domains.find((one) => one.pile === pile.pile)?.domains ?? [];
      const facts: PileFacts = {
        name: pile.name,
        terms: pile.terms,
        beginnings: documents.slice(0, 2).map(({ preview }) => preview),
        domain: largest && { name: largest.name, share: largest.documents / pile.size },
      };
      return { letter, facts };
    }),
  );
  const members = learned.map(({ letter, facts }) => {
    const others = learned.filter((other) => other.letter !== letter).map((other) => other.facts.name);
    return { letter, role: roleOf(facts, others), by: 'drafted' as const };
  });
  return { instruction, instructionBy: 'drafted', members };
}

/** The role of the expert of a pile beside those of other piles, by their names. */
export function roleOf({ name, terms, beginnings, domain }: PileFacts, others: readonly string[]): string {
  if (beginnings.length === 0) return 'You have no subject of your own: look for what the others leave out.';
  const further = terms.filter((term) => !name.includes(term)).slice(0, 6);
  const sentences = [
    `Your expertise is ${line(name)}${further.length > 0 ? `, with ${words(further)}` : ''}.`,
    domain && `Of what you learned, ${formatPercent(domain.share)} is ${line(domain.name)}.`,
    `Typical texts of it begin: ${beginnings.map((text) => `“${beginning(text)}”`).join(', ')}.`,
    'You are asked what has to do with it.',
    others.length > 0 && `You leave to others: ${others.map(line).join('; ')}.`,
  ];
  return sentences.filter(Boolean).join(' ');
}

const longestBeginning = 60;

/** Ends with a whole word, and holds no quotation mark that would end the quotation. */
function beginning(text: string): string {
  const plain = line(text).replaceAll(/[“”]/g, '"');
  if (plain.length <= longestBeginning) return plain;
  return `${plain.slice(0, longestBeginning).replace(/\s*\S*$/, '') || plain.slice(0, longestBeginning)} …`;
}

const words = (terms: readonly string[]): string => formatList(terms.map(line));
const line = (text: string): string => printable(text).replaceAll(/\s+/g, ' ').trim();

const withoutPiles = (experts: string): UserError =>
  new UserError(
    `The experts of ${experts} learned from no piles of this project, so there is nothing to draft their roles from.`,
    'Write the roles yourself: polymath councils --add NAME --role "A=…".',
  );
