/** Texts that belong to no domain, as they turn up in corpora that were gathered by machine. */
import type { Random } from '../backend/base/random';

export const noises = ['shuffled words', 'foreign text', 'boilerplate', 'empty table'] as const;
export type Noise = (typeof noises)[number];

const foreign = [
  'aber nicht immer wenn doch schon ganz hier dort weil über zwischen Straße Wetter gestern morgen Fenster Garten laufen',
  'mutta ei aina koska täällä siellä huomenna eilen ikkuna puutarha juosta hyvää päivää kaupunki järvi metsä kesällä',
  'но не всегда потому что здесь там завтра вчера окно сад бежать город река лес летом очень хорошо сказал она',
  'ama her zaman değil çünkü burada orada yarın dün pencere bahçe koşmak şehir göl orman yazın çok güzel dedi',
].map((line) => line.split(' '));

const phrases = [
  'Home | About | Contact | Sitemap',
  'All rights reserved.',
  'Click here to subscribe to our newsletter.',
  'Share on: Facebook Twitter LinkedIn',
  'This page uses cookies. Accept all cookies?',
  'Previous page 1 2 3 4 5 Next page',
  'Your browser does not support JavaScript.',
  'Log in | Register | Forgot your password?',
];

/** One text of that sort; shuffled words are those of `text`. */
export function noiseText(noise: Noise, text: string, random: Random): string {
  switch (noise) {
    case 'shuffled words':
      return random.shuffle(text.split(/\s+/)).join(' ');
    case 'foreign text': {
      const words = foreign[random.below(foreign.length)];
      return Array.from({ length: 40 + random.below(60) }, () => words[random.below(words.length)]).join(' ');
    }
    case 'boilerplate':
      return Array.from({ length: 4 + random.below(10) }, () => phrases[random.below(phrases.length)]).join('\n');
    case 'empty table': {
      const columns = 2 + random.below(6);
      const row = `|${'   |'.repeat(columns)}`;
      return [row, `|${'---|'.repeat(columns)}`, ...new Array<string>(3 + random.below(12)).fill(row)].join('\n');
    }
  }
}
