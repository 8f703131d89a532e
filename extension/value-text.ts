import { expertLetter } from '../backend/base/letter';
import type { Amount, Form } from '../backend/base/settings';
import { formatCount } from './format';

/** The value of a setting as people read it. */
export function valueText(form: Form, value: unknown): string {
  if (form.type === 'choice') return form.choices[String(value)] ?? String(value);
  if (form.type === 'flag') return value === true ? 'yes' : 'no';
  if (form.type === 'letter') return expertLetter(Number(value));
  if (form.type === 'amounts')
    return (value as readonly Amount[]).map(({ letter, weight }) => `${letter}=${weight}`).join(', ');
  if (typeof value === 'number' && Number.isInteger(value) && form.type === 'whole') {
    return form.least < 0 ? String(value) : formatCount(value);
  }
  if (form.type === 'choices') return (value as readonly string[]).map((name) => form.choices[name] ?? name).join('; ');
  return Array.isArray(value) ? value.join(', ') : String(value);
}
