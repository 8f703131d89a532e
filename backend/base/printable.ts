/** Characters past ASCII that no terminal shows as they are: DEL and C1 controls, marks that reorder a line, other ends of lines. */
export const unprintable = /[\u007f-\u009f\u202a-\u202e\u2066-\u2069\u2028\u2029]/g;

/**
 * Text from a corpus or a model, made safe to show: control characters become visible symbols (ESC becomes ␛, so no
 * terminal obeys it), marks that reorder a line (Trojan Source, CVE-2021-42574) and lone surrogates become U+FFFD.
 * Line feeds and tabs stay; a carriage return before a line feed goes.
 */
export function printable(text: string): string {
  return (
    text
      .replaceAll('\r\n', '\n')
      // Control characters are exactly what is looked for.
      // eslint-disable-next-line no-control-regex
      .replace(/[\u0000-\u0008\u000b-\u001f]/g, (control) => String.fromCharCode(0x2400 + control.charCodeAt(0)))
      .replaceAll('\u007f', '\u2421')
      .replace(/[\u0080-\u009f\u202a-\u202e\u2066-\u2069\u2028\u2029\p{Surrogate}]/gu, '\ufffd')
  );
}
