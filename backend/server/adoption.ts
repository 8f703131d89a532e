/** What is said when a project of an earlier version is opened, which kept no hashes of its files. */
export function adoption(files: number): string {
  return `The project is of an earlier version: ${files} of its files are taken as they are now, and watched for damage from here on.`;
}
