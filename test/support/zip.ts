import { crc32, deflateRawSync } from 'node:zlib';

/** A zip archive with one deflated entry; `claimed` is what its directory says the entry unpacks to. */
export function zipOf(name: string, content: Uint8Array, claimed = content.byteLength): Buffer {
  return zipOfAll({ [name]: content }, claimed);
}

/** A zip archive with deflated entries. */
export function zipOfAll(contents: Readonly<Record<string, Uint8Array>>, claimed?: number): Buffer {
  const entries: Buffer[] = [];
  const directory: Buffer[] = [];
  for (const [name, content] of Object.entries(contents)) {
    const packed = deflateRawSync(content);
    const common = (signature: number, head: readonly number[]): Buffer => {
      const fields = Buffer.alloc(26);
      for (const [i, value] of [20, 0, 8, 0, 0].entries()) fields.writeUInt16LE(value, 2 * i);
      fields.writeUInt32LE(crc32(content), 10);
      fields.writeUInt32LE(packed.byteLength, 14);
      fields.writeUInt32LE(claimed ?? content.byteLength, 18);
      fields.writeUInt16LE(Buffer.byteLength(name), 22);
      const start = Buffer.alloc(4);
      start.writeUInt32LE(signature);
      return Buffer.concat([start, Buffer.from(head), fields]);
    };
    const rest = Buffer.alloc(14);
    rest.writeUInt32LE(Buffer.concat(entries).byteLength, 10);
    entries.push(common(0x04034b50, []), Buffer.from(name), packed);
    directory.push(common(0x02014b50, [20, 0]), rest, Buffer.from(name));
  }
  const [body, index] = [Buffer.concat(entries), Buffer.concat(directory)];
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50);
  for (const at of [8, 10]) end.writeUInt16LE(Object.keys(contents).length, at);
  end.writeUInt32LE(index.byteLength, 12);
  end.writeUInt32LE(body.byteLength, 16);
  return Buffer.concat([body, index, end]);
}
