import { createHash } from 'node:crypto';
import type { Report } from '../protocol/report';
import { footerSection, headlineSection, nextSection, verdictSection } from './page/frame';
import { specialisationSection } from './page/heat';
import { Html, html } from './page/html';
import { continuationSection, mixerSection } from './page/mixture';
import { perplexitySection } from './page/perplexity';
import { pilesSection, roundsSection, splitSection } from './page/splits';
import { styleSheet } from './page/style';
import { summarise } from './page/verdict';

/**
 * The report as one HTML file that works offline. It holds no script and loads nothing: its policy allows only its own
 * style sheet, by hash. Text of the corpus and of models is escaped. Sections without data are left out.
 */
export function renderReport(report: Report): string {
  const summary = summarise(report);
  const hash = createHash('sha256').update(styleSheet).digest('base64');
  // Not inside the template: the hash is of the sheet exactly as it stands between the tags.
  const style = new Html(`<style>${styleSheet}</style>`);
  const policy = `default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'`;
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="${policy}" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="referrer" content="no-referrer" />
        <title>${report.corpus.name}: Polymath report</title>
        ${style}
      </head>
      <body>
        <main>
          ${headlineSection(report, summary)} ${pilesSection(report)} ${specialisationSection(report)}
          ${verdictSection(summary)} ${continuationSection(report)} ${nextSection(report)} ${perplexitySection(report)}
          ${splitSection(report)} ${roundsSection(report)} ${mixerSection(report)} ${footerSection(report)}
        </main>
      </body>
    </html> `;
  return page.source;
}
