// npm run messages [-- WORD…]: every message that a user can meet, with its next step, in one list to be read as a stranger would;
// with words, only those that hold one of them. What a message fills in stands as ‹name›.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';

const wanted = process.argv.slice(2).map((word) => word.toLowerCase());
const messages = [];
for (const path of files()) {
  const source = ts.createSourceFile(path, readFileSync(path, 'utf8'), ts.ScriptTarget.Latest, true);
  visit(source, source, path);
}
for (const { place, texts } of messages) {
  const [message, next] = texts;
  if (wanted.length > 0 && !wanted.some((word) => texts.join(' ').toLowerCase().includes(word))) continue;
  console.log(`${place}\n  ${message}${next === undefined ? '' : `\n  → ${next}`}`);
}

function files() {
  return ['backend', 'extension', 'webview'].flatMap((folder) => {
    const inside = readdirSync(folder, { recursive: true }).filter((path) => path.endsWith('.ts'));
    return inside.map((path) => join(folder, path)).sort();
  });
}

/** Errors of users are made with a message and a next step, and so are failures of runs, which are objects. */
function visit(node, source, path) {
  const parts = messageParts(node);
  if (parts !== undefined) {
    const { line } = source.getLineAndCharacterOfPosition(node.getStart());
    const texts = parts.map((part) => textOf(part)).filter((text) => text !== '');
    if (texts.length > 0 && /\s/.test(texts[0])) messages.push({ place: `${path}:${line + 1}`, texts });
  }
  ts.forEachChild(node, (child) => visit(child, source, path));
}

function messageParts(node) {
  if (ts.isNewExpression(node) && ts.isIdentifier(node.expression) && node.expression.text.endsWith('Error')) {
    const [message, next] = node.arguments ?? [];
    const forUsers = next !== undefined || node.expression.text === 'InvalidArgumentError';
    return message !== undefined && forUsers ? [message, ...(next === undefined ? [] : [next])] : undefined;
  }
  if (!ts.isObjectLiteralExpression(node)) return undefined;
  const named = (name) =>
    node.properties.find((one) => ts.isPropertyAssignment(one) && one.name.getText() === name)?.initializer;
  const [message, next] = [named('message') ?? named('found'), named('next')];
  return message !== undefined && next !== undefined ? [message, next] : undefined;
}

/** The words of an expression, with what is filled in as ‹…›. */
function textOf(node) {
  if (ts.isStringLiteralLike(node)) return node.text;
  if (ts.isTemplateExpression(node)) {
    const spans = node.templateSpans.map(({ expression, literal }) => textOfHole(expression) + literal.text);
    return node.head.text + spans.join('');
  }
  if (ts.isConditionalExpression(node)) return `${textOf(node.whenTrue)} | ${textOf(node.whenFalse)}`;
  if (ts.isBinaryExpression(node)) return textOf(node.left) + textOf(node.right);
  return textOfHole(node);
}

function textOfHole(node) {
  return `‹${node.getText().replaceAll(/\s+/g, ' ').slice(0, 60)}›`;
}
