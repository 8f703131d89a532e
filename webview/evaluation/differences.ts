import { formatSigned } from '../../backend/base/format';
import { figure } from './figure';
import type { Mark } from '../shared/intervals';
import { heightOf, intervalsOption } from './intervals-chart';
import type { Tools } from './tools';

/** Differences of perplexity: nothing where there are none. */
export function differences(marks: readonly Mark[], told: string, tools: Tools): unknown {
  if (marks.length === 0) return '';
  const axis = 'nats per token';
  return figure(
    {
      title: 'Differences',
      words: `${told}, with 95\u00a0% intervals: left of the dashed line it is better. A whisker that crosses it leaves open which of the two is better.`,
      height: heightOf(marks.length),
      draw: (size) => intervalsOption({ marks, axis, reference: 0, format: (value) => formatSigned(value, 2) }, size),
    },
    tools,
  );
}
