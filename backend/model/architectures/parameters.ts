/** Named tensors inside one flat buffer, so that an optimiser sees numbers and a graph sees tensors, without a copy. */
export interface ParameterPlace {
  readonly name: string;
  readonly shape: readonly number[];
  readonly offset: number;
  readonly length: number;
}

export class Parameters {
  readonly places: readonly ParameterPlace[];
  readonly data: Float32Array;
  private readonly byName: ReadonlyMap<string, ParameterPlace>;

  constructor(shapes: ReadonlyMap<string, readonly number[]>) {
    let offset = 0;
    this.places = [...shapes].map(([name, shape]) => {
      const length = shape.reduce((product, dim) => product * dim, 1);
      const place = { name, shape, offset, length };
      offset += length;
      return place;
    });
    this.data = new Float32Array(offset);
    this.byName = new Map(this.places.map((place) => [place.name, place]));
  }

  has(name: string): boolean {
    return this.byName.has(name);
  }

  place(name: string): ParameterPlace {
    const place = this.byName.get(name);
    if (place === undefined) throw new Error(`there is no parameter ${name}`);
    return place;
  }

  /** The tensor's numbers, shared with the buffer. */
  view(name: string): Float32Array {
    const { offset, length } = this.place(name);
    return this.data.subarray(offset, offset + length);
  }
}
