/** Looks up one version of a package in an index of NuGet's (its protocol, version 3). */
import { z } from 'zod';
import { environment } from '../../base/environment';
import { UserError } from '../../base/errors';
import { passingStatus } from '../hub/errors';
import { type Http, readText } from '../hub/http';
import { webAddress } from '../hub/settings';

export interface NugetPackage {
  readonly filename: string;
  readonly url: string;
  readonly size: number;
  /** Lower-case hexadecimal. */
  readonly sha512: string;
}

const publicIndex = 'https://api.nuget.org/v3/index.json';
const largestDocument = 4 * 2 ** 20;

const service = z.object({ resources: z.array(z.object({ '@id': z.url(), '@type': z.string() })) });
const registration = z.object({ catalogEntry: z.url(), packageContent: z.url() });
const catalogEntry = z.object({
  packageHash: z.base64(),
  packageHashAlgorithm: z.literal('SHA512'),
  packageSize: z.int().positive(),
});

/** The index that is asked: POLYMATH_NUGET_INDEX, else the public one. Throws UserError for what is no web address. */
export const nugetIndex = ({ POLYMATH_NUGET_INDEX: named } = environment()): string =>
  webAddress(named || publicIndex, 'POLYMATH_NUGET_INDEX').href;

/** Throws UserError where the index cannot be reached, or has no such version. */
export async function findNugetPackage(
  http: Http,
  index: string,
  { id, version }: { readonly id: string; readonly version: string },
  signal: AbortSignal,
): Promise<NugetPackage> {
  const read = <T>(url: string, schema: z.ZodType<T>): Promise<T> => readDocument(http, url, schema, signal);
  const { resources } = await read(index, service);
  const base = resources.find((resource) => resource['@type'] === 'RegistrationsBaseUrl')?.['@id'];
  if (base === undefined) throw new UserError(`${index} is no index of NuGet's packages.`, next);
  const name = id.toLowerCase();
  const { catalogEntry: entry, packageContent: url } = await read(
    new URL(`${name}/${version}.json`, `${base.replace(/\/+$/, '')}/`).href,
    registration,
  );
  const { packageHash, packageSize: size } = await read(entry, catalogEntry);
  return {
    filename: `${name}.${version}.nupkg`,
    url,
    size,
    sha512: Buffer.from(packageHash, 'base64').toString('hex'),
  };
}

const next = 'Check the network and POLYMATH_NUGET_INDEX.';

function readDocument<T>(http: Http, url: string, schema: z.ZodType<T>, signal: AbortSignal): Promise<T> {
  return http.persist(async () => {
    const response = await http.get(url, { signal });
    const text = await readText(response, largestDocument, signal);
    const passing = passingStatus(response);
    if (passing !== undefined) throw passing;
    if (!response.ok) throw new UserError(`${url} answered ${response.status}.`, next);
    let json: unknown;
    try {
      json = JSON.parse(text);
    } catch {
      json = undefined;
    }
    const read = schema.safeParse(json);
    if (!read.success) throw new UserError(`${url} is no document of NuGet's.`, next);
    return read.data;
  }, signal);
}
