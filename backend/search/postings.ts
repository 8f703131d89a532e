/** Reads where a term stands. These loops run over millions of numbers, so they take them from the bytes themselves. */

/** Adds to `counts` how often a term stands in each document of its segment. Begins at a byte, and gives where it ended. */
export function addCounts(bytes: Uint8Array, start: number, documents: number, counts: Int32Array): number {
  let at = start;
  let document = -1;
  for (let i = 0; i < documents; i++) {
    let byte = bytes[at++];
    let step = byte & 0x7f;
    for (let shift = 7; byte >= 0x80; shift += 7) {
      byte = bytes[at++];
      step |= (byte & 0x7f) << shift;
    }
    document += 1 + (step >> 1);
    let count = 1;
    if ((step & 1) === 1) {
      byte = bytes[at++];
      count = byte & 0x7f;
      for (let shift = 7; byte >= 0x80; shift += 7) {
        byte = bytes[at++];
        count |= (byte & 0x7f) << shift;
      }
      count += 2;
    }
    counts[document] += count;
  }
  return at;
}

/** Where terms stand: in document d at `places[starts[d] … starts[d + 1])`, rising. */
export interface Places {
  readonly starts: Int32Array;
  readonly places: Int32Array;
}

/** The places of one term, of which it is known how often it stands in each document. */
export function placesOf(bytes: Uint8Array, counts: Int32Array): Places {
  const starts = startsOf(counts);
  const places = new Int32Array(starts[counts.length]);
  let at = 0;
  for (let document = 0; document < counts.length; document++) {
    let place = -1;
    for (let i = starts[document]; i < starts[document + 1]; i++) {
      let byte = bytes[at++];
      let step = byte & 0x7f;
      for (let shift = 7; byte >= 0x80; shift += 7) {
        byte = bytes[at++];
        step |= (byte & 0x7f) << shift;
      }
      places[i] = place += 1 + step;
    }
  }
  return { starts, places };
}

/** The places of any of several terms as those of one. */
export function united(all: readonly Places[]): Places {
  if (all.length === 1) return all[0];
  const documents = all[0].starts.length - 1;
  const counts = new Int32Array(documents);
  for (const { starts } of all) for (let d = 0; d < documents; d++) counts[d] += starts[d + 1] - starts[d];
  const starts = startsOf(counts);
  const places = new Int32Array(starts[documents]);
  const next = starts.slice();
  for (const one of all) {
    for (let d = 0; d < documents; d++) {
      for (let i = one.starts[d]; i < one.starts[d + 1]; i++) places[next[d]++] = one.places[i];
    }
  }
  for (let d = 0; d < documents; d++) if (counts[d] > 1) places.subarray(starts[d], starts[d + 1]).sort();
  return { starts, places };
}

/** The places of those of the first that the second follows at once, `offset` words after where they begin. */
export function followed(first: Places, second: Places, offset: number): Places {
  const documents = first.starts.length - 1;
  const starts = new Int32Array(documents + 1);
  const places = new Int32Array(first.places.length);
  let size = 0;
  for (let document = 0; document < documents; document++) {
    const end = second.starts[document + 1];
    let other = second.starts[document];
    for (let i = first.starts[document]; i < first.starts[document + 1]; i++) {
      const wanted = first.places[i] + offset;
      while (other < end && second.places[other] < wanted) other++;
      if (other < end && second.places[other] === wanted) places[size++] = first.places[i];
    }
    starts[document + 1] = size;
  }
  return { starts, places: places.subarray(0, size) };
}

function startsOf(counts: Int32Array): Int32Array {
  const starts = new Int32Array(counts.length + 1);
  for (let document = 0; document < counts.length; document++)
    starts[document + 1] = starts[document] + counts[document];
  return starts;
}
