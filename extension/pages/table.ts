import { evaluationPage } from './evaluation';
import { homePage } from './home';
import { mapPage } from './map';
import type { PageTable } from './page';
import { runsPage } from './runs';
import { tokensPage } from './tokens';
import { trainingPage } from './training';

/** Every page, by its folder in webview/. */
export const pages: PageTable = {
  evaluation: evaluationPage,
  home: homePage,
  map: mapPage,
  runs: runsPage,
  tokens: tokensPage,
  training: trainingPage,
};
