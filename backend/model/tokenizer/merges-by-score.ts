/**
 * The merges of SentencePiece's BPE, in order. It joins the pair whose joined piece has the highest score, so they are the pieces
 * by falling score, each cut wherever both parts are pieces. `scores`: of each piece, in the order of ids.
 */
export function mergesByScore(scores: ReadonlyMap<string, number>): [string, string][] {
  const byScore = [...scores].sort(([, a], [, b]) => b - a);
  return byScore.flatMap(([piece]) => cuts(piece, scores));
}

function cuts(piece: string, pieces: ReadonlyMap<string, number>): [string, string][] {
  const found: [string, string][] = [];
  for (let at = 1; at < piece.length; at++) {
    const [left, right] = [piece.slice(0, at), piece.slice(at)];
    if (pieces.has(left) && pieces.has(right)) found.push([left, right]);
  }
  return found;
}
