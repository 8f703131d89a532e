import type { QuestionRecord } from '../../protocol/records';
import { isLabel } from './columns';
import { hasHalfPair } from './draft';
import { valueAt } from './fields';

/** A question as its row gives it. */
export type DraftQuestion = Omit<QuestionRecord, 'index' | 'id' | 'part'> & { readonly id?: string };

type Fields = Readonly<Record<string, unknown>>;

/** Names of the fields, the likeliest first; `answer` may also be an index, a letter or the text of a choice. */
const names = {
  question: ['question', 'prompt', 'input'],
  choices: ['choices', 'options'],
  answer: ['answer', 'answers', 'correct', 'target', 'label'],
  domain: ['domain', 'subject', 'category'],
  id: ['id', '_id', 'question_id'],
};
const letters = 'ABCDEFGHIJ';

/** The question of a row, or why it is none. */
export function toQuestion(fields: Fields): DraftQuestion | string {
  const question = firstOf(fields, names.question);
  if (question === undefined) return `no question: none of the fields ${names.question.join(', ')}`;
  if (typeof question !== 'string') return 'the question is not a string';
  if (question.trim() === '') return 'empty question';
  const choices = choicesOf(fields);
  if (typeof choices === 'string') return choices;
  const answer = firstOf(fields, names.answer);
  if (answer === undefined) return `no answer: none of the fields ${names.answer.join(', ')}`;
  const answered = choices === undefined ? freeAnswers(answer) : chosen(choices, answer);
  if (typeof answered === 'string') return answered;

  const [id, domain] = [firstOf(fields, names.id), firstOf(fields, names.domain)];
  if (id !== undefined && !isLabel(id)) return 'the id is neither a string nor a number';
  if (domain !== undefined && !isLabel(domain)) return 'the domain is neither a string nor a number';
  const draft = {
    question,
    ...answered,
    ...(id !== undefined && { id: String(id) }),
    ...(domain !== undefined && { domain: String(domain) }),
  };
  return hasHalfPair([question, id, domain, ...(choices ?? [])].join('\n'))
    ? 'it holds half of a surrogate pair'
    : draft;
}

/** The choices of a list, or of columns A, B, C, …; undefined for a free question, a reason where they are no choices. */
function choicesOf(fields: Fields): string[] | string | undefined {
  const listed = parsedList(firstOf(fields, names.choices));
  if (listed !== undefined) {
    const texts = Array.isArray(listed) ? listed.map(asText) : [];
    if (texts.length < 2) return 'the choices are not a list of two or more';
    const missing = texts.indexOf(undefined);
    return missing === -1 ? (texts as string[]) : `choice ${missing + 1} is empty or no text`;
  }
  const columns = [...letters].map((letter) =>
    asText(valueAt(fields, letter) ?? valueAt(fields, letter.toLowerCase())),
  );
  const count = columns.indexOf(undefined) === -1 ? columns.length : columns.indexOf(undefined);
  if (columns.slice(count).some((text) => text !== undefined)) return `choice ${letters[count]} is empty`;
  if (count === 1) return 'only one choice';
  return count === 0 ? undefined : (columns.slice(0, count) as string[]);
}

/** The right choice by its text, its letter or its index from 0, in this order. */
function chosen(choices: readonly string[], answer: unknown): { choices: string[]; correct: number } | string {
  const given = Array.isArray(answer) && answer.length === 1 ? (answer as unknown[])[0] : answer;
  const text = asText(given);
  if (text === undefined) return 'the answer is neither a text, a letter nor an index';
  const isIndex = /^\d+$/.test(text.trim());
  const letter = /^\(?([A-Za-z])[).]?$/.exec(text.trim())?.[1].toUpperCase();
  const candidates = [
    typeof given === 'number' ? -1 : choices.findIndex((choice) => choice.trim() === text.trim()),
    letter === undefined ? -1 : letters.indexOf(letter),
    isIndex ? Number(text) : -1,
  ];
  const correct = candidates.find((place) => place >= 0 && place < choices.length);
  if (correct !== undefined) return withoutTwins(choices, correct);
  return `the answer ${JSON.stringify(text.slice(0, 60))} is none of the ${choices.length} choices`;
}

/** Choices that say the same are one: nobody can choose between them. */
function withoutTwins(choices: readonly string[], correct: number): { choices: string[]; correct: number } | string {
  const texts = choices.map((choice) => choice.trim());
  const kept = [...choices.keys()].filter((place) => texts.indexOf(texts[place]) === place);
  if (kept.length < 2) return 'all choices are the same';
  return { choices: kept.map((place) => choices[place]), correct: kept.indexOf(texts.indexOf(texts[correct])) };
}

function freeAnswers(answer: unknown): { answers: string[] } | string {
  const list = parsedList(answer);
  const answers = (Array.isArray(list) ? (list as unknown[]) : [answer]).map(asText);
  if (answers.length === 0 || answers.includes(undefined)) return 'an answer is empty or no text';
  return { answers: answers as string[] };
}

/** A list, also one written as JSON in the cell of a table. */
function parsedList(value: unknown): unknown {
  if (typeof value !== 'string' || !value.trimStart().startsWith('[')) return value;
  try {
    return JSON.parse(value) as unknown;
  } catch {
    return value;
  }
}

function asText(value: unknown): string | undefined {
  return isLabel(value) && String(value).trim() !== '' ? String(value) : undefined;
}

/** The first of these fields that holds anything. */
function firstOf(fields: Fields, candidates: readonly string[]): unknown {
  const name = candidates.find((candidate) => {
    const value = valueAt(fields, candidate);
    return value !== undefined && value !== null && value !== '';
  });
  return name === undefined ? undefined : valueAt(fields, name);
}
