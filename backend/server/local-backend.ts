import { UserError } from '../base/errors';
import { firstFault } from '../base/issues';
import type { NumberedEvent } from '../protocol/event';
import {
  type Backend,
  type CallOptions,
  type Given,
  type Handlers,
  type Method,
  methods,
  type Params,
  type Result,
} from '../protocol/messages';
import type { EventHub } from '../rpc/server/events';

type Handler<M extends Method> = (params: Given<M>, options: CallOptions) => Promise<Result<M>>;

/** The backend for the process that it runs in: the same table of methods, the same checks, no socket. */
export class LocalBackend implements Backend {
  readonly closed: Promise<undefined>;
  readonly close: () => Promise<void>;

  constructor(
    private readonly handlers: Handlers,
    private readonly events: EventHub,
    close: () => Promise<void>,
  ) {
    let ended = (): void => undefined;
    this.closed = new Promise((resolve) => (ended = () => resolve(undefined)));
    this.close = () => close().finally(ended);
  }

  async call<M extends Method>(method: M, params: Params<M>, options: CallOptions = {}): Promise<Result<M>> {
    if (method === 'initialize') throw new Error('a backend in this process needs no handshake');
    const given = methods[method].params.safeParse(params);
    if (!given.success) {
      throw new UserError(firstFault(given.error), 'Give another value.');
    }
    const table = this.handlers as unknown as Readonly<Record<string, Handler<M>>>;
    return table[method](given.data as Given<M>, options);
  }

  listen(listener: (event: NumberedEvent) => void): () => void {
    return this.events.subscribe(listener);
  }
}
