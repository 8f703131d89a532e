/** Parsers of option values: what cannot be used is refused before any work begins. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { InvalidArgumentError, Option } from 'commander';
import { isPath } from '../model-files/hub/name';
import { deviceChoices } from '../base/device';
import { precisions } from '../base/precision';
import { modelSetting, modelToday } from '../base/settings';

export function wholeNumber(value: string): number {
  const number = integer(value);
  if (number < 0) throw new InvalidArgumentError('A whole number from 0 on is needed.');
  return number;
}

export function positiveInteger(value: string): number {
  const number = Number(value);
  if (!Number.isSafeInteger(number) || number < 1)
    throw new InvalidArgumentError('A whole number from 1 on is needed.');
  return number;
}

export function integer(value: string): number {
  const number = Number(value);
  if (value.trim() === '' || !Number.isSafeInteger(number)) throw new InvalidArgumentError('A whole number is needed.');
  return number;
}

export function integers(value: string): number[] {
  return value.split(',').map(integer);
}

export function positiveIntegers(value: string): number[] {
  return value.split(',').map(positiveInteger);
}

export function wholeNumbers(value: string): number[] {
  const list = integers(value);
  if (list.some((number) => number < 0)) throw new InvalidArgumentError('Whole numbers from 0 on are needed.');
  return list;
}

/** A list of known names. */
export function oneOfEach<T extends string>(known: readonly T[]): (value: string) => T[] {
  return (value) =>
    value.split(',').map((part) => {
      const found = known.find((name) => name === part.trim());
      if (found === undefined) throw new InvalidArgumentError(`The names are ${known.join(', ')}.`);
      return found;
    });
}

export function numbers(value: string): number[] {
  return value.split(',').map((part) => {
    const number = Number(part);
    if (part.trim() === '' || !Number.isFinite(number))
      throw new InvalidArgumentError('Numbers with commas are needed.');
    return number;
  });
}

/** A base model by its name; paths as the backend finds them, wherever that was started. */
export function modelName(value: string): string {
  if (modelToday(value) === modelSetting.default) return modelSetting.default;
  return isPath(value) || existsSync(value) ? resolve(value) : value;
}

/** Gathers a repeatable option. */
export function gatherValues(value: string, before: readonly string[]): string[] {
  return [...before, value];
}

/** With what weights a base model answers. */
export function precisionOption(): Option {
  const option = new Option(
    '--precision <weights>',
    'weights in full, or those of the base model rounded to 8 or 4 bits: faster on a processor',
  );
  return option.choices(precisions).default('full');
}

/** Where work computes. Without it the backend decides, see `engine/devices/device-choice.ts`. */
export function deviceOption(): Option {
  const option = new Option('--device <name>', 'where it computes, see `polymath devices`; auto by default');
  return option.choices(deviceChoices).env('POLYMATH_DEVICE');
}

/** The queue of workers on other machines. */
export function queueOption(help: string): Option {
  return new Option('--queue <address>', `${help}: redis://HOST:PORT`).env('POLYMATH_QUEUE');
}

/** Where such workers read and write; a folder is the same one wherever a backend was started. */
export function artifactsOption(): Option {
  const option = new Option(
    '--artifacts <place>',
    'artifacts of all workers of a queue: a folder that they share, or s3://BUCKET/PREFIX',
  );
  return option
    .env('POLYMATH_ARTIFACTS')
    .argParser((place: string) => (place.startsWith('s3://') ? place : resolve(place)));
}
