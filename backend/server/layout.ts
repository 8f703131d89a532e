import type { Result } from '../protocol/messages';
import { program } from '../base/package-folder';
import { askChild } from '../engine/ask-child';
import { layingOut } from '../engine/exchanges';
import type { MapLayout } from '../store/layouts';
import type { Store } from '../store/store';

/** Documents that a map shows: of more an even draw. */
const most = 10_000;

/** Maps of splits: one that nobody has asked for before is computed by a process of its own, and kept. */
export class Layouter {
  /** What is being computed; whoever else asks for it waits for the same. */
  private readonly computing = new Map<string, Promise<MapLayout>>();

  constructor(private readonly store: Store) {}

  /** Throws UserError where the texts cannot be compared. */
  async layout(clustering: string): Promise<Result<'splits/layout'>> {
    const { documents, positions } = (await this.store.layouts.find(clustering)) ?? (await this.compute(clustering));
    const all = await this.store.splits.assignments(clustering);
    const outliers = new Set(await this.store.splits.outliers(clustering));
    const shown = new Set(documents);
    const piles = all.piles.filter((_, row) => shown.has(all.documents[row]));
    return {
      total: all.documents.length,
      documents,
      positions,
      piles,
      outliers: documents.filter((index) => outliers.has(index)),
    };
  }

  private compute(clustering: string): Promise<MapLayout> {
    const known = this.computing.get(clustering);
    if (known !== undefined) return known;
    const computed = this.ask(clustering).finally(() => this.computing.delete(clustering));
    this.computing.set(clustering, computed);
    return computed;
  }

  private async ask(clustering: string): Promise<MapLayout> {
    const { dataset, seed } = await this.store.splits.get(clustering);
    const all = (await this.store.splits.assignments(clustering)).documents;
    const size = Math.min(all.length, most);
    const documents = Int32Array.from({ length: size }, (_, i) => all[Math.floor((i * all.length) / size)]);
    await this.store.files.require('datasets', dataset);
    const folder = this.store.datasets.folderOf(dataset);
    const layouter = await program('backend/programs/layout');
    const layout = { documents, positions: await askChild(layouter, layingOut, { folder, documents, seed }) };
    await this.store.layouts.put(clustering, layout);
    return layout;
  }
}
