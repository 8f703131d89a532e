import type { Watch } from '../../backend/base/progress';
import { byteLetters } from '../../backend/model/tokenizer/bytes';
import type { Merge } from './format';

/** Longest token in byte letters: keeps rulers and runs of blanks from filling the vocabulary. */
const longestToken = 16;

/** Pairs of symbol numbers are packed into one number. */
const base = 1 << 16;

interface State {
  /** Symbol numbers of each word; the first 256 symbols are the bytes. */
  readonly words: number[][];
  readonly counts: number[];
  readonly symbols: string[];
  readonly pairCounts: Map<number, number>;
  /** Words that held the pair when it was met; a word may have lost it since. */
  readonly places: Map<number, Set<number>>;
  readonly heap: Heap;
}

/**
 * Byte-pair encoding: joins the most frequent pair of neighbours, so many times. Counts are kept up to date word by word,
 * and a heap with outdated entries (skipped when they come up) finds the next pair.
 */
export function learnMerges(words: ReadonlyMap<string, number>, wanted: number, watch: Watch): Merge[] {
  const state = start(words);
  const merges: Merge[] = [];
  while (merges.length < wanted) {
    const pair = nextPair(state);
    if (pair === undefined) throw new Error(`The corpus gives only ${merges.length} of ${wanted} merges.`);
    const [left, right] = [Math.floor(pair / base), pair % base];
    merges.push([state.symbols[left], state.symbols[right]]);
    state.symbols.push(state.symbols[left] + state.symbols[right]);
    mergePair(state, pair, left, right);
    if (merges.length % 500 === 0) {
      watch.signal.throwIfAborted();
      watch.report({ stage: 'training the tokenizer', done: merges.length, total: wanted, unit: 'merges' });
    }
  }
  return merges;
}

function start(words: ReadonlyMap<string, number>): State {
  const state: State = {
    words: [...words.keys()].map((word) => [...Buffer.from(word, 'utf8')]),
    counts: [...words.values()],
    symbols: [...byteLetters],
    pairCounts: new Map(),
    places: new Map(),
    heap: new Heap(),
  };
  for (const [i, word] of state.words.entries()) {
    for (let at = 0; at + 1 < word.length; at++) change(state, word[at] * base + word[at + 1], state.counts[i], i);
  }
  for (const [pair, count] of state.pairCounts) state.heap.push(count, pair);
  return state;
}

function change(state: State, pair: number, difference: number, word: number): void {
  state.pairCounts.set(pair, (state.pairCounts.get(pair) ?? 0) + difference);
  if (difference < 0) return;
  const places = state.places.get(pair);
  if (places === undefined) state.places.set(pair, new Set([word]));
  else places.add(word);
}

function nextPair(state: State): number | undefined {
  for (;;) {
    const top = state.heap.pop();
    if (top === undefined) return undefined;
    const count = state.pairCounts.get(top.pair) ?? 0;
    if (count !== top.count) {
      if (count > 0 && count < top.count) state.heap.push(count, top.pair);
      continue;
    }
    const length = state.symbols[Math.floor(top.pair / base)].length + state.symbols[top.pair % base].length;
    if (length <= longestToken) return top.pair;
  }
}

function mergePair(state: State, pair: number, left: number, right: number): void {
  const merged = state.symbols.length - 1;
  const grown = new Set<number>();
  for (const i of state.places.get(pair) ?? []) {
    const word = state.words[i];
    const joined = join(word, left, right, merged);
    if (joined.length === word.length) continue;
    for (let at = 0; at + 1 < word.length; at++) change(state, word[at] * base + word[at + 1], -state.counts[i], i);
    for (let at = 0; at + 1 < joined.length; at++) {
      const next = joined[at] * base + joined[at + 1];
      change(state, next, state.counts[i], i);
      if (joined[at] === merged || joined[at + 1] === merged) grown.add(next);
    }
    state.words[i] = joined;
  }
  state.pairCounts.delete(pair);
  state.places.delete(pair);
  for (const next of grown) state.heap.push(state.pairCounts.get(next) ?? 0, next);
}

function join(word: readonly number[], left: number, right: number, merged: number): number[] {
  const joined: number[] = [];
  for (let at = 0; at < word.length; at++) {
    if (word[at] === left && word[at + 1] === right) {
      joined.push(merged);
      at++;
    } else joined.push(word[at]);
  }
  return joined;
}

/** A binary heap: the highest count first, among equals the lowest pair, so that training is deterministic. */
class Heap {
  private readonly counts: number[] = [];
  private readonly pairs: number[] = [];

  push(count: number, pair: number): void {
    let at = this.counts.length;
    this.counts.push(count);
    this.pairs.push(pair);
    while (at > 0 && this.before(at, (at - 1) >> 1)) {
      this.swap(at, (at - 1) >> 1);
      at = (at - 1) >> 1;
    }
  }

  pop(): { count: number; pair: number } | undefined {
    const last = this.counts.length - 1;
    if (last < 0) return undefined;
    this.swap(0, last);
    const top = { count: this.counts[last], pair: this.pairs[last] };
    this.counts.length = last;
    this.pairs.length = last;
    this.sink();
    return top;
  }

  private sink(): void {
    for (let at = 0; ;) {
      let first = at;
      for (const child of [2 * at + 1, 2 * at + 2]) {
        if (child < this.counts.length && this.before(child, first)) first = child;
      }
      if (first === at) return;
      this.swap(at, first);
      at = first;
    }
  }

  private before(a: number, b: number): boolean {
    return this.counts[a] > this.counts[b] || (this.counts[a] === this.counts[b] && this.pairs[a] < this.pairs[b]);
  }

  private swap(a: number, b: number): void {
    [this.counts[a], this.counts[b]] = [this.counts[b], this.counts[a]];
    [this.pairs[a], this.pairs[b]] = [this.pairs[b], this.pairs[a]];
  }
}
