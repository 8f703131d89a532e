/**
 * What a project keeps in its folder, as files that are whole or absent:
 *
 *     .polymath/split.json            which document lies in which pile
 *     .polymath/experts.json          which experts are in force: written last, names the folder of the adapters
 *     .polymath/experts/<id>/A …      one adapter per expert, in PEFT's format
 *     .polymath/mixer.json            the mixer of the experts named in it
 */
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { type AdapterStack, loadAdapter, saveAdapter, stackAdapters } from '../model/adapter';
import type { ModelConfig } from '../model/config';
import { UserError } from '../protocol/errors';
import { exists, readJson, writeWhole } from '../protocol/files';
import { expertLetter } from '../protocol/report';

const pile = z.object({ name: z.string(), size: z.int().nonnegative(), terms: z.array(z.string()) });
export type ProjectPile = z.infer<typeof pile>;

const splitSchema = z.object({
  /** The user's file or folder; absent for the sample corpus. */
  data: z.string().optional(),
  method: z.string(),
  k: z.int().positive(),
  seed: z.int(),
  piles: z.array(pile),
  /** Pile of each training document by its id. */
  assignments: z.record(z.string(), z.int().nonnegative()),
});
export type ProjectSplit = z.infer<typeof splitSchema>;

const expertsSchema = z.object({
  id: z.string().regex(/^[\w-]+$/),
  baseModel: z.string(),
  names: z.array(z.string()).min(1),
  shares: z.array(z.number()),
});
export type ProjectExperts = z.infer<typeof expertsSchema>;

const mixerSchema = z.object({ experts: z.string(), mixer: z.unknown() });

/** The folder `.polymath` of a project, or another one that the user names. */
export class Project {
  constructor(readonly folder: string) {}

  async saveSplit(split: ProjectSplit): Promise<void> {
    await mkdir(this.folder, { recursive: true });
    await writeWhole(join(this.folder, 'split.json'), JSON.stringify(split));
  }

  /** Throws UserError where no split has been made or its file is damaged. */
  split(): Promise<ProjectSplit> {
    return this.read('split.json', 'The split', splitSchema, 'Run `polymath split FILE.jsonl --k N` first.');
  }

  /** Puts new experts in force, then removes those before them. */
  async saveExperts(stack: AdapterStack, experts: Omit<ProjectExperts, 'id'>): Promise<string> {
    const id = `${Date.now().toString(36)}-${process.pid.toString(36)}`;
    const folder = join(this.folder, 'experts');
    for (let e = 0; e < stack.count; e++) {
      await saveAdapter(stack, e, join(folder, id, expertLetter(e)), experts.baseModel);
    }
    await writeWhole(join(this.folder, 'experts.json'), JSON.stringify({ id, ...experts } satisfies ProjectExperts));
    for (const other of await readdir(folder)) {
      if (other !== id) await rm(join(folder, other), { recursive: true, force: true });
    }
    return id;
  }

  /** Throws UserError where no experts have been trained, or their files are damaged or of another base model. */
  async experts(config: ModelConfig): Promise<ProjectExperts & { readonly stack: AdapterStack }> {
    const next = 'Run `polymath train` first.';
    const experts = await this.read('experts.json', 'The list of experts', expertsSchema, next);
    const folder = join(this.folder, 'experts', experts.id);
    const adapters = [];
    for (const [e] of experts.names.entries()) adapters.push(await loadAdapter(join(folder, expertLetter(e)), config));
    return { ...experts, stack: stackAdapters(adapters) };
  }

  async saveMixer(experts: string, mixer: unknown): Promise<void> {
    await writeWhole(join(this.folder, 'mixer.json'), JSON.stringify({ experts, mixer }));
  }

  /** The mixer of these experts as JSON. Throws UserError where there is none, or it belongs to other experts. */
  async mixer(experts: string): Promise<unknown> {
    const next = 'Run `polymath mix` first.';
    const saved = await this.read('mixer.json', 'The mixer', mixerSchema, next);
    if (saved.experts !== experts) {
      throw new UserError(
        'The mixer was trained for other experts than those in this project.',
        'Run `polymath mix` again.',
      );
    }
    return saved.mixer;
  }

  private async read<T>(file: string, what: string, schema: z.ZodType<T>, next: string): Promise<T> {
    const path = join(this.folder, file);
    if (!(await exists(path))) throw new UserError(`${what} is missing: there is no ${path}.`, next);
    const parsed = schema.safeParse(await readJson(path, what));
    if (parsed.success) return parsed.data;
    throw new UserError(`${what} in ${path} is damaged: ${z.prettifyError(parsed.error)}`, next);
  }
}
