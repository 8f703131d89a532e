import assert from 'node:assert/strict';
import { hueCount, lookCount, lookOf } from '../../backend/base/look';
import { hues } from '../../backend/evaluate/page/style';
import { expertColors } from '../../extension/contributions/appearance';

type Triple = readonly [number, number, number];

/** What those see who lack one kind of cone: matrices on linear sRGB (Machado, Oliveira and Fernandes 2009, severity 1). */
const sights: Readonly<Record<string, readonly Triple[]>> = {
  all: [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ],
  protanopia: [
    [0.152286, 1.052583, -0.204868],
    [0.114503, 0.786281, 0.099216],
    [-0.003882, -0.048116, 1.051998],
  ],
  deuteranopia: [
    [0.367322, 0.860646, -0.227968],
    [0.280085, 0.672501, 0.047413],
    [-0.01182, 0.04294, 0.968881],
  ],
  tritanopia: [
    [1.255528, -0.076749, -0.178779],
    [-0.078411, 0.930809, 0.147602],
    [0.004733, 0.691367, 0.3039],
  ],
};

const linear = (hex: string): number[] =>
  [1, 3, 5].map((at) => {
    const value = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
const dot = (row: Triple, color: readonly number[]): number =>
  Math.max(0, row[0] * color[0] + row[1] * color[1] + row[2] * color[2]);
const luminance = (hex: string): number => dot([0.2126, 0.7152, 0.0722], linear(hex));

function contrast(a: string, b: string): number {
  const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (high + 0.05) / (low + 0.05);
}

/** CIE L*a*b* of linear sRGB. */
function lab(color: readonly number[]): number[] {
  const [x, y, z] = [
    dot([0.4124, 0.3576, 0.1805], color) / 0.95047,
    dot([0.2126, 0.7152, 0.0722], color),
    dot([0.0193, 0.1192, 0.9505], color) / 1.08883,
  ].map((value) => (value > 0.008856 ? Math.cbrt(value) : 7.787 * value + 16 / 116));
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)];
}

describe('how experts and piles look', () => {
  const grounds = ['#1e1e1e', '#ffffff', '#000000', '#ffffff'];
  const palettes = {
    ...Object.fromEntries(
      ['dark', 'light', 'dark high contrast', 'light high contrast'].map((theme, i) => [
        theme,
        expertColors.map((colors) => colors[i]),
      ]),
    ),
    'light page': hues.light,
    'dark page': hues.dark,
  };

  it('differs in hue or form, and in hue or line, for more than the letters of the alphabet', () => {
    const looks = Array.from({ length: lookCount }, (_, i) => lookOf(i));
    assert.ok(lookCount >= 26);
    assert.equal(new Set(looks.map(({ hue, form }) => `${hue} ${form}`)).size, lookCount);
    assert.equal(new Set(looks.map(({ hue, line }) => `${hue} ${line.style} ${line.width}`)).size, lookCount);
    assert.equal(new Set(looks.slice(0, hueCount).map(({ form }) => form)).size, hueCount);
  });

  for (const [name, palette] of Object.entries(palettes)) {
    it(`has hues that everybody can tell apart: ${name}`, () => {
      assert.equal(palette.length, hueCount);
      for (const [sight, matrix] of Object.entries(sights)) {
        const seen = palette.map((hex) => lab(matrix.map((row) => dot(row, linear(hex)))));
        for (let i = 0; i < hueCount; i++) {
          for (let j = 0; j < i; j++) {
            const apart = Math.hypot(...seen[i].map((value, axis) => value - seen[j][axis]));
            assert.ok(apart > 10, `${palette[i]} and ${palette[j]} are ${apart.toFixed(1)} apart by ${sight}`);
          }
        }
      }
    });
  }

  it('can be read as a letter on the ground of each theme', () => {
    grounds.forEach((ground, theme) => {
      for (const colors of expertColors) {
        const found = contrast(colors[theme], ground);
        assert.ok(found >= (theme < 2 ? 4.5 : 7), `${colors[theme]} on ${ground} has ${found.toFixed(1)}`);
      }
    });
  });
});
