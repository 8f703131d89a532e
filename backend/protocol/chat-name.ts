/** Chat models by name: what `--guide`, `--operators` and the members of councils name. Free of schemas, because the editor loads it when it starts. */

export type ChatName =
  /** The base model, by its answers. */
  | { readonly kind: 'local' }
  /** A model of the editor that has the project open. */
  | { readonly kind: 'editor'; readonly model: string }
  /** An endpoint that speaks OpenAI's protocol. */
  | { readonly kind: 'endpoint'; readonly url: string; readonly model: string };

/** How such a name is written. */
export const chatNameForms = 'local, or the address of an endpoint with its model: http://127.0.0.1:11434/v1#llama3.2';

/** What `local`, `editor:<model>` or `<url>#<model>` names; undefined where it is none of them. */
export function readChatName(name: string): ChatName | undefined {
  if (name === 'local') return { kind: 'local' };
  if (name.startsWith('editor:') && name.length > 'editor:'.length) return { kind: 'editor', model: name.slice(7) };
  const [url, ...rest] = name.split('#');
  const model = rest.join('#');
  if (model === '' || /\s/.test(name) || !URL.canParse(url)) return undefined;
  const { protocol, username, password } = new URL(url);
  // A name is written into records and shown: it holds no password.
  if (!/^https?:$/.test(protocol) || `${username}${password}` !== '') return undefined;
  return { kind: 'endpoint', url, model };
}

/** What people call the model of such a name: `llama3.2`. */
export function chatLabel(name: string): string {
  const read = readChatName(name);
  return read === undefined || read.kind === 'local' ? name : read.model;
}

/** Where what it is asked goes, where that is not this machine: the host of its endpoint, or who provides the editor's models. */
export function asksElsewhere(name: string): string | undefined {
  const read = readChatName(name);
  if (read === undefined || read.kind === 'local') return undefined;
  if (read.kind === 'editor') return 'the provider of the editor’s model';
  const { hostname, host } = new URL(read.url);
  return /^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname) ? undefined : host;
}
