/** The colours of the editor's theme, as they are now. */
import { lookOf } from '../../backend/base/look';

/** Of the colours of experts and piles that the extension contributes. */
const seriesProperty = (index: number): string => `--vscode-polymath-expert${1 + lookOf(index).hue}`;

/** The colour of an expert or a pile, for styles. */
export const seriesValue = (index: number): string => `var(${seriesProperty(index)})`;

/** The value of a custom property. */
export function property(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

/** The same as it is now, for a canvas. */
export const seriesColor = (index: number): string => property(seriesProperty(index));
export const color = (name: string): string => property(`--vscode-${name}`);
export const fontFamily = (): string => property('--vscode-font-family');

/** The editor writes a theme into the page by an attribute of the body and the properties of the root. */
export function onThemeChange(changed: () => void): () => void {
  const observer = new MutationObserver(changed);
  observer.observe(document.documentElement, { attributeFilter: ['style'] });
  observer.observe(document.body, { attributeFilter: ['class', 'data-vscode-theme-id'] });
  return () => observer.disconnect();
}
