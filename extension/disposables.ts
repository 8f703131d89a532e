export interface Disposable {
  dispose(): unknown;
}

/** Things that end together, the latest first. What is added after the end ends at once, so nothing outlives its owner. */
export class Disposables implements Disposable {
  private readonly items: Disposable[] = [];
  private ended = false;

  add<T extends Disposable>(item: T): T {
    if (this.ended) item.dispose();
    else this.items.push(item);
    return item;
  }

  dispose(): void {
    this.ended = true;
    for (const item of this.items.splice(0).reverse()) item.dispose();
  }
}
