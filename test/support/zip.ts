import { crc32, deflateRawSync } from 'node:zlib';

/** A zip archive with one deflated entry; `claimed` is what its directory says the entry unpacks to. */
export function zipOf(name: string, content: Uint8Array, claimed = content.byteLength): Buffer {
  const packed = deflateRawSync(content);
  const common = (signature: number, head: readonly number[]): Buffer => {
    const fields = Buffer.alloc(26);
    for (const [i, value] of [20, 0, 8, 0, 0].entries()) fields.writeUInt16LE(value, 2 * i);
    fields.writeUInt32LE(crc32(content), 10);
    fields.writeUInt32LE(packed.byteLength, 14);
    fields.writeUInt32LE(claimed, 18);
    fields.writeUInt16LE(Buffer.byteLength(name), 22);
    const start = Buffer.alloc(4);
    start.writeUInt32LE(signature);
    return Buffer.concat([start, Buffer.from(head), fields]);
  };
  const local = Buffer.concat([common(0x04034b50, []), Buffer.from(name), packed]);
  const directory = Buffer.concat([common(0x02014b50, [20, 0]), Buffer.alloc(14), Buffer.from(name)]);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50);
  end.writeUInt16LE(1, 8);
  end.writeUInt16LE(1, 10);
  end.writeUInt32LE(directory.byteLength, 12);
  end.writeUInt32LE(local.byteLength, 16);
  return Buffer.concat([local, directory, end]);
}
