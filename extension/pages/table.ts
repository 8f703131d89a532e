import { evaluationPage } from './evaluation';
import { mapPage } from './map';
import type { PageTable } from './page';
import { tokensPage } from './tokens';
import { trainingPage } from './training';

/** Every page, by its folder in webview/. */
export const pages: PageTable = {
  evaluation: evaluationPage,
  map: mapPage,
  tokens: tokensPage,
  training: trainingPage,
};
