/** What the names of files say of them. */
import { basename } from 'node:path/posix';
import type { Side } from '../../protocol/records';
import type { importFormats } from '../../protocol/records';

export type FileFormat = (typeof importFormats)[number];

/** Endings by what such files hold; `files` are texts of one document each. */
const endings: readonly (readonly [FileFormat, string])[] = [
  ['jsonl', 'jsonl ndjson json'],
  ['csv', 'csv'],
  ['tsv', 'tsv tab'],
  ['parquet', 'parquet pq'],
  ['arrow', 'arrow feather'],
  ['text', 'txt text md markdown'],
  ['files', 'rst tex org adoc asciidoc html htm xhtml xml css scss vue svelte ipynb'],
  ['files', 'py pyi js mjs cjs jsx ts mts cts tsx java kt kts scala groovy c h cc cpp cxx hpp hh cs fs go rs swift'],
  ['files', 'rb php pl pm r jl lua hs ml mli clj ex exs erl dart nim zig f90 f95 asm s sql sh bash zsh ps1 bat proto'],
];
const formatByEnding: ReadonlyMap<string, FileFormat> = new Map(
  endings.flatMap(([format, list]) => list.split(' ').map((ending) => [ending, format] as const)),
);

/** How messages call files of a format. */
export const formatNames: Readonly<Record<FileFormat, string>> = {
  jsonl: 'JSON',
  csv: 'CSV',
  tsv: 'TSV',
  parquet: 'Parquet',
  arrow: 'Arrow',
  text: 'text',
  files: 'text',
};

/** The ending of a file that is perhaps compressed, in small letters without its dot; empty where it has none. */
export function endingOf(name: string): string {
  const plain = basename(name).replace(/\.(gz|zst)$/i, '');
  return /[^.]\.([^.]+)$/.exec(plain)?.[1].toLowerCase() ?? '';
}

export function formatOf(name: string): FileFormat | undefined {
  return formatByEnding.get(endingOf(name));
}

/** Files that tell of what they lie beside: no documents where that is a dataset. */
export function isAbout(name: string): boolean {
  return /^(readme|licen[cs]e|copying|notice|change-?log|changes|contributing|code[-_]of[-_]conduct|security|authors|citation|dataset[-_]card)\b/i.test(
    basename(name),
  );
}

/** Files that describe a dataset for the tools that wrote it, and hold no records; and what such tools keep beside one. */
export function isDescription(name: string): boolean {
  return /^(dataset_infos?|dataset_dict|state|croissant)\.json$|^cache-.*\.arrow$/i.test(basename(name));
}

const sideWords: ReadonlyMap<string, Side> = new Map([
  ['train', 'train'],
  ['training', 'train'],
  ['validation', 'validation'],
  ['valid', 'validation'],
  ['val', 'validation'],
  ['dev', 'validation'],
  ['test', 'test'],
  ['testing', 'test'],
]);
const shard = /^([a-z]+)(?:[-_.](?:\d[\w-]*|matched|mismatched))*\.[^/]+$/i;

/** The side that the name of a file or of a folder around it gives: `train-00000-of-00002.parquet`, `test/data.arrow`. */
export function sideOf(name: string): Side | undefined {
  const own = sideWords.get(shard.exec(basename(name))?.[1].toLowerCase() ?? '');
  return (
    own ??
    name
      .split('/')
      .slice(0, -1)
      .map(sideOfFolder)
      .find((side) => side !== undefined)
  );
}

export function sideOfFolder(folder: string): Side | undefined {
  return sideWords.get(folder.toLowerCase());
}
