import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { UserError } from '../../backend/base/errors';
import { renderJinja } from '../../backend/model/chat/jinja/render';

interface Snippets {
  readonly variables: Readonly<Record<string, unknown>>;
  readonly texts: readonly (readonly [template: string, rendered: string | null])[];
}

describe('templates of chats', () => {
  const { variables, texts } = JSON.parse(readFileSync('test/fixtures/jinja/snippets.json', 'utf8')) as Snippets;

  it('are rendered as transformers does, and fail where they fail there', () => {
    for (const [template, rendered] of texts) {
      if (rendered !== null) assert.equal(renderJinja(template, variables), rendered, template);
      else assert.throws(() => renderJinja(template, variables), UserError, template);
    }
  });

  it('that never end, or write or nest without end, are refused in time', () => {
    const nested = (open: string, close: string): string => open.repeat(5000) + '1' + close.repeat(5000);
    for (const template of [
      '{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}',
      "{{ 'x' * 1000000000 }}",
      "{{ 'x'.ljust(1000000000) }}",
      "{{ '%1000000000d' % 1 }}",
      "{{ ('x' * 9999).replace('x', 'y' * 9999) }}",
      '{{ range(1000000000)|list }}',
      "{% set ns = namespace(x='x') %}{% for i in range(60) %}{% set ns.x = ns.x ~ ns.x %}{% endfor %}",
      '{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}',
      '{% for a in [[]] recursive %}{{ loop([[]]) }}{% endfor %}',
      `{{ ${nested('(', ')')} }}`,
      `{{ ${nested('[', ']')} }}`,
      nested('{% if 1 %}', '{% endif %}'),
      '{% set ns = namespace() %}{% set ns.x = ns %}{{ ns }}',
    ]) {
      const started = performance.now();
      assert.throws(() => renderJinja(template, {}), UserError, template.slice(0, 80));
      assert.ok(performance.now() - started < 4000, template.slice(0, 80));
    }
  });
});
