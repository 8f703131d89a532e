/**
 * A council drafted from what its members learned: a role for each in one frame (its expertise, what it is asked for, what it leaves
 * to others), filled from its pile, and an instruction for all. Where no model is asked, the same piles give the same words.
 */
import { UserError } from '../base/errors';
import { formatList, formatPercent } from '../base/format';
import { printable } from '../base/printable';
import type { Writer } from '../protocol/councils';
import type { Given, Result } from '../protocol/messages';
import type { ExpertSetRecord } from '../protocol/records';
import type { Store } from '../store/store';
import { readOwnWords, readRole, roleOpening, roleQuestion, type RoleReading, type Turn } from './role-words';

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

/** Who can be asked for words: chat models of a guide by its name, and the experts by the name of the model that each is. */
export interface RoleWriters {
  readonly askGuide: (
    guide: string,
    base: string,
    conversations: readonly (readonly Turn[])[],
  ) => Promise<readonly ({ readonly text: string } | { readonly failed: string })[]>;
  readonly goOn: (model: string, prompt: string) => Promise<string>;
}

interface Learned {
  readonly letter: string;
  readonly facts: PileFacts;
  /** Names of the others' piles. */
  readonly others: readonly string[];
}

type Draft = Result<'councils/draft'>;

/**
 * A role that is to be written by somebody else stays as it was drafted where nothing usable came. Throws UserError where these experts
 * learned from no piles of this project.
 */
export async function draftCouncil(
  store: Store,
  { experts: id, writer }: Given<'councils/draft'>,
  writers: RoleWriters,
): Promise<Draft> {
  const experts = await store.experts.get(id);
  const learned = await learnedBy(store, experts);
  const readings = await readingsBy(writer, experts, learned, writers);
  const by: Writer = writer === 'expert' ? 'expert' : 'guide';
  return {
    instruction,
    instructionBy: 'drafted',
    members: learned.map(({ letter, facts, others }) => {
      const reading = readings.get(letter);
      if (reading !== undefined && 'role' in reading) return { letter, role: reading.role, by };
      return { letter, role: roleOf(facts, others), by: 'drafted' };
    }),
    failed: [...readings].flatMap(([letter, reading]) => ('why' in reading ? [{ letter, why: reading.why }] : [])),
  };
}

/** By the letters of the experts. Those whose piles are empty are not asked about. */
async function readingsBy(
  writer: Given<'councils/draft'>['writer'],
  { id, model }: ExpertSetRecord,
  learned: readonly Learned[],
  { askGuide, goOn }: RoleWriters,
): Promise<Map<string, RoleReading>> {
  const readings = new Map<string, RoleReading>();
  const asked = learned.filter(({ facts }) => facts.beginnings.length > 0);
  if (writer === 'draft' || asked.length === 0) return readings;
  if (writer === 'expert') {
    for (const { letter, facts, others } of asked) {
      const said = goOn(`expert-${letter.toLowerCase()}@${id}`, roleOpening(facts));
      readings.set(letter, await said.then((text) => readOwnWords(text, roleOf(facts, others)), whyNot));
    }
    return readings;
  }
  const questions = asked.map(({ facts, others }) => roleQuestion(facts, others));
  for (const [i, reply] of (await askGuide(writer.guide, model, questions)).entries()) {
    readings.set(asked[i].letter, 'failed' in reply ? { why: reply.failed } : readRole(reply.text));
  }
  return readings;
}

/** What an expert cannot do is told; a defect goes on. */
function whyNot(error: unknown): RoleReading {
  if (error instanceof UserError) return { why: error.message };
  throw error;
}

async function learnedBy(store: Store, { id, clustering, experts }: ExpertSetRecord): Promise<Learned[]> {
  if (clustering === undefined) throw withoutPiles(id);
  const [piles, domains] = await Promise.all([store.piles.list(clustering), store.piles.domains(clustering)]);
  const learned = await Promise.all(
    experts.map(async ({ letter, pile: number }) => {
      const pile = piles.find((one) => one.pile === number);
      if (pile === undefined) throw withoutPiles(id);
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
  return learned.map(({ letter, facts }) => {
    const others = learned.filter((other) => other.letter !== letter).map((other) => other.facts.name);
    return { letter, facts, others };
  });
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
