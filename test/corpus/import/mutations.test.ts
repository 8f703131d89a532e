import assert from 'node:assert/strict';
import { mutateImports } from '../../../bench/mutations';

describe('damaged files of JSON, CSV and Parquet', () => {
  it('are read as DuckDB reads them, or something is said: never wrong in silence', async () => {
    for (const { right, told, silent } of await mutateImports(80, 11)) {
      assert.deepEqual(silent, []);
      assert(right > 5 && told > 5);
    }
  });
});
