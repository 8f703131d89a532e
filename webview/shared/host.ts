/** The line of a page to the extension: typed messages both ways, and a state that outlives the page. */
declare function acquireVsCodeApi(): {
  postMessage(message: unknown): void;
  getState(): unknown;
  setState(state: unknown): void;
};

export class Host<ToHost, ToPage, State> {
  // The editor gives it once.
  private readonly api = acquireVsCodeApi();

  /** Whoever hears all that is said; only the extension can speak to a page. */
  listen(hear: (message: ToPage) => void): void {
    window.addEventListener('message', ({ data }) => hear(data as ToPage));
  }

  post(message: ToHost): void {
    this.api.postMessage(message);
  }

  /** What was kept last: also by a page that was closed with its window. */
  get state(): State | undefined {
    return this.api.getState() as State | undefined;
  }

  keep(state: State): void {
    this.api.setState(state);
  }
}
