import { oneLine, plain, type Blocks } from './text';

/** Whether a string of a data file reads as a sentence rather than as an identifier, path or formula. */
function isProse(text: string, words = 4): boolean {
  if (text.trim().split(/\s+/).length < words) return false;
  const letters = text.match(/[\p{L} ,.'!?"-]/gu)?.length ?? 0;
  return letters / text.length > 0.88 && /[a-z]{2}/.test(text);
}

function readable(text: string): string {
  return text
    .replace(/\\n|\\t/g, ' ')
    .replace(/\\(["'`\\])/g, '$1')
    .replace(/""/g, '"')
    .replace(/<\/?[a-z_]+(=[^>]*)?>/gi, (tag) =>
      /^<(\w+_)?(name|first|last|ship|origin|destination|planet)/.test(tag) ? tag : '',
    )
    .replace(/\[\/?[biu]\]/g, '')
    .replace(/^[a-z_ ]+\^/, '');
}

/** The Battle for Wesnoth's scenarios: story and messages in order, a message with its speaker. */
export function wesnoth(source: string): Blocks {
  const blocks: Blocks = [];
  let speaker = '';
  for (const match of source.matchAll(/^\s*speaker\s*=\s*"?([^"\n#]+)|_\s*"((?:[^"]|"")*)"/gm)) {
    if (match[1] !== undefined) {
      speaker = match[1].trim();
      continue;
    }
    const text = oneLine(readable(match[2] ?? ''));
    if (!isProse(text, 3)) continue;
    const spoken = speaker !== '' && !/narrator|unit|^\$/.test(speaker);
    blocks.push(spoken ? `${speaker.replace(/_/g, ' ')}: ${text}` : text);
    speaker = '';
  }
  return joinLines(blocks);
}

/** Quoted sentences in game scripts (Lua, Endless Sky's format, string tables). */
export function quoted(source: string): Blocks {
  const blocks: Blocks = [];
  const pattern = /`([^`]+)`|\[\[([\s\S]*?)\]\]|'''([\s\S]*?)'''|"((?:[^"\\\n]|\\.)*)"/g;
  for (const match of source.matchAll(pattern)) {
    const text = readable(match[1] ?? match[2] ?? match[3] ?? match[4] ?? '');
    for (const paragraph of text.split(/\n\s*\n/)) {
      if (isProse(oneLine(paragraph))) blocks.push(oneLine(paragraph));
    }
  }
  return joinLines(blocks);
}

/** Sentences among the string values of a JSON file. */
export function json(source: string): Blocks {
  const blocks: Blocks = [];
  const visit = (value: unknown): void => {
    if (typeof value === 'string') {
      const clean = value.replace(/<\/?color[^>]*>/g, '').replace(/ {2,}/g, ' ');
      if (isProse(oneLine(clean), 5)) blocks.push(...plain(clean));
    } else if (typeof value === 'object' && value !== null) {
      for (const inner of Object.values(value)) visit(inner);
    }
  };
  visit(JSON.parse(source));
  return blocks;
}

/** `key=sentence` lines (Flare's quests, items and conversations). */
export function settings(source: string): Blocks {
  const values = source.split('\n').map((line) => /^\w+=(.*)$/.exec(line)?.[1] ?? '');
  return joinLines(values.map((value) => oneLine(readable(value))).filter((value) => isProse(value)));
}

/** Crossfire's maps: what people, books and signs say. */
export function crossfire(source: string): Blocks {
  const blocks: Blocks = [];
  for (const match of source.matchAll(/^msg\n([\s\S]*?)^endmsg$/gm)) {
    const text = match[1].replace(/^@.*$/gm, '').replace(/\[\/?\w+( [^\]]*)?\]/g, '');
    blocks.push(...plain(text).filter((block) => isProse(oneLine(block))));
  }
  return blocks;
}

/** Short turns of a conversation follow each other line by line, as in a script, not as paragraphs of their own. */
function joinLines(blocks: readonly string[]): Blocks {
  const joined: Blocks = [];
  for (const block of blocks) {
    const last = joined.at(-1);
    if (last !== undefined && last.length + block.length < 700) joined[joined.length - 1] = `${last}\n${block}`;
    else joined.push(block);
  }
  return joined;
}
