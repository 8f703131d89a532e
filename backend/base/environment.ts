/**
 * The variables of the environment that Polymath reads, and the one place that reads them. They are set by whoever starts it, for it
 * and for the processes that it starts: no process sets one to tell another something.
 */
import { UserError } from './errors';

export const variables = {
  POLYMATH_DEVICE:
    'where work computes when nobody names a device: auto, cpu, webgpu, cuda, dml or coreml; auto by default',
  POLYMATH_CACHE:
    'folder of what can be fetched or computed again; by default in the cache that the system gives each user',
  POLYMATH_CHECKPOINT_SECONDS: 'seconds between two checkpoints of a run; 30 by default',
  POLYMATH_QUEUE: 'queue that workers on other machines take tasks from: redis://HOST:PORT, rediss:// with TLS',
  POLYMATH_QUEUE_PASSWORD: 'password for it',
  POLYMATH_ARTIFACTS:
    'where those workers read and write artifacts: a folder that all of them share, or s3://BUCKET/PREFIX',
  POLYMATH_LOCK_SECONDS: 'seconds after which a task of a worker that is gone is given to another one; 120 by default',
  AWS_ACCESS_KEY_ID: 'key for artifacts in S3, or in a service that speaks it',
  AWS_SECRET_ACCESS_KEY: 'its secret',
  AWS_SESSION_TOKEN: 'token of a key that was lent',
  AWS_REGION: 'region of the bucket; us-east-1 by default',
  AWS_ENDPOINT_URL: "address of the service; Amazon's own by default",
  POLYMATH_API_KEY: 'key of the endpoint that `polymath serve` opens; a new one each time by default',
  POLYMATH_GUIDE_KEY: 'key for the endpoint that guides a split',
  POLYMATH_CHAT_KEYS:
    'keys for the endpoints of chat models that are members of councils: ADDRESS=KEY, several between blanks',
  POLYMATH_GUIDE_SECONDS: 'seconds that a guide or a chat model of a council has for an answer; 60 by default',
  POLYMATH_NUGET_INDEX: 'index that the files of CUDA are fetched from; the public one by default',
  POLYMATH_PROFILE: 'beginning of the names of files in which ONNX Runtime tells which provider computed what',
  HF_ENDPOINT: 'address of the hub',
  HF_HOME: "folder of Hugging Face's tools",
  HF_HUB_CACHE: 'folder of the models that came from the hub',
  HUGGINGFACE_HUB_CACHE: 'the same by its older name',
  HF_TOKEN: 'token for models that are not public',
  HF_TOKEN_PATH: 'file that holds it',
  HF_HUB_OFFLINE: 'whether the hub is left alone',
  TRANSFORMERS_OFFLINE: 'the same by its older name',
  PIP_INDEX_URL: 'index of Python packages that models may come from',
  PIP_CERT: 'certificates that are trusted there',
  PIP_CONFIG_FILE: 'configuration of pip, which may name both',
  VIRTUAL_ENV: 'environment of Python, whose configuration of pip is read, too',
  OLLAMA_MODELS: 'folder of the models of Ollama',
  HTTP_PROXY: 'proxy for what is fetched without encryption: host:port, or an address with http, https or socks5',
  http_proxy: 'the same, read first',
  HTTPS_PROXY: 'proxy for all else that is fetched; that of HTTP_PROXY by default',
  https_proxy: 'the same, read first',
  ALL_PROXY: 'proxy for all that has none by HTTP_PROXY or HTTPS_PROXY',
  all_proxy: 'the same, read first',
  NO_COLOR: 'nothing is coloured',
  FORCE_COLOR: 'how many colours there are, whatever the terminal says: 0 to 3',
  TERM: 'what kind of terminal it is',
  COLUMNS: 'how wide it is',
  XDG_CACHE_HOME: "the user's cache",
  XDG_CONFIG_HOME: "the user's configuration",
  APPDATA: 'the same on Windows',
  LOCALAPPDATA: "the user's cache on Windows",
  VK_ICD_FILENAMES: "Vulkan's drivers: some compute on the processor",
  VK_DRIVER_FILES: 'the same by its newer name',
} as const;
export type Variable = keyof typeof variables;

/** Some variables with their values; one that is empty counts as absent. */
export type Environment = Readonly<Partial<Record<Variable, string | undefined>>>;

/** The variables of this process, as they are now. */
export const environment = (): Environment => process.env;

/** A number of seconds; `otherwise` where the variable is not set. Throws UserError where it is none. */
export function secondsIn(name: Variable, otherwise: number, { [name]: given }: Environment = environment()): number {
  if (given === undefined || given === '') return otherwise;
  const seconds = Number(given);
  if (Number.isFinite(seconds) && seconds >= 0) return seconds;
  throw new UserError(`${name} is no number of seconds: ${given}.`, 'Set it to 0 or more, or leave it out.');
}
