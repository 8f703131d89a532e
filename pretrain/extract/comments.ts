import { oneLine, type Blocks } from './text';
import { commentParagraphs } from '../../backend/corpus/sample/comments';

/** The prose of the documentation comments of type definitions. */
export function comments(source: string): Blocks {
  return commentParagraphs(source).map(oneLine);
}
