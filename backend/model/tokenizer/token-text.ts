/** What text is made of: the bytes of each token. */
export interface TextSource {
  /** UTF-8; empty for a token that is no part of a text. */
  bytesOf(token: number): Uint8Array;
}

/** The text of tokens that come one after the other, each read once: what of it is certain, and what a token would add. */
export class GrowingText {
  /** The beginning of a character that is not whole yet: three bytes at most. */
  private pending: Uint8Array = new Uint8Array(0);

  constructor(private readonly source: TextSource) {}

  /** The text that became certain with this token: all but the beginning of a character. */
  push(token: number): string {
    const bytes = Buffer.concat([this.pending, this.source.bytesOf(token)]);
    const length = bytes.length - lengthOfUnfinished(bytes);
    this.pending = bytes.subarray(length);
    return decoded(bytes.subarray(0, length));
  }

  /** The text that a token would add, were it the last one; the beginning of a character shows as U+FFFD. */
  with(token: number): string {
    return decoded(Buffer.concat([this.pending, this.source.bytesOf(token)]));
  }

  /** The end of the text: the beginning of a character that was not finished. */
  end(): string {
    return decoded(this.pending);
  }
}

const utf8 = { ignoreBOM: true } as const;

/** Text of bytes in UTF-8; what is none of it becomes U+FFFD. */
export function decoded(bytes: Uint8Array): string {
  return new TextDecoder('utf-8', utf8).decode(bytes);
}

/** How many bytes at the end begin a character and may still become one. */
function lengthOfUnfinished(bytes: Uint8Array): number {
  if (bytes.length === 0 || bytes[bytes.length - 1] < 0x80) return 0;
  for (let length = Math.min(3, bytes.length); length > 0; length--) {
    const end = bytes.subarray(bytes.length - length);
    // A stream says nothing only while it waits for the rest of a character.
    if (new TextDecoder('utf-8', utf8).decode(end, { stream: true }) === '') return length;
  }
  return 0;
}
