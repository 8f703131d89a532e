import { decimal, formatCount } from './format';
import { expertLetter } from './letter';
import type { Amount, Form, Raw } from './settings';

/** The value of a setting as people read it. */
export function valueText(form: Form, value: unknown): string {
  if (form.type === 'choice') return form.choices[String(value)] ?? String(value);
  if (form.type === 'flag') return value === true ? 'yes' : 'no';
  if (form.type === 'letter') return expertLetter(Number(value));
  if (form.type === 'amounts')
    return (value as readonly Amount[]).map(({ letter, weight }) => `${letter}=${decimal(weight)}`).join(', ');
  if (typeof value === 'number' && Number.isInteger(value) && form.type === 'whole') {
    return form.least < 0 ? String(value) : formatCount(value);
  }
  if (form.type === 'choices') {
    const spelled = ({ label, id }: Raw): string => String(label ?? id);
    const named = (one: string | Raw): string => (typeof one === 'string' ? (form.choices[one] ?? one) : spelled(one));
    return (value as readonly (string | Raw)[]).map(named).join('; ');
  }
  const written = (one: unknown): string => (typeof one === 'number' ? decimal(one) : String(one));
  return Array.isArray(value) ? value.map(written).join(', ') : written(value);
}
