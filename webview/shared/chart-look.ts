/** What all charts have of the theme. */
import type { TooltipComponentOption } from 'echarts/components';
import { color, fontFamily } from './theme';

/** Values for options of ECharts, as the theme is now. */
export interface ChartLook {
  /** Colours of words that are to be read first, and of all others. */
  readonly text: string;
  readonly faint: string;
  readonly font: { readonly color: string; readonly fontFamily: string };
  readonly rule: { readonly lineStyle: { readonly color: string; readonly opacity: number } };
  readonly tooltip: TooltipComponentOption;
}

export function chartLook(): ChartLook {
  const [text, faint, border] = [color('foreground'), color('descriptionForeground'), color('widget-border')];
  return {
    text,
    faint,
    font: { color: faint, fontFamily: fontFamily() },
    rule: { lineStyle: { color: border === '' ? faint : border, opacity: 0.5 } },
    tooltip: {
      // Drawn, not written as markup.
      renderMode: 'richText',
      confine: true,
      backgroundColor: color('editorHoverWidget-background'),
      borderColor: color('editorHoverWidget-border'),
      textStyle: { color: text, fontFamily: fontFamily(), fontSize: 12 },
    },
  };
}
