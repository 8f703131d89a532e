import assert from 'node:assert/strict';
import { SpeedProbe } from '../../backend/kinds/shared/speed-probe';
import { defaultLora } from '../../backend/model/adapters/adapter';
import { LanguageModel } from '../../backend/model/language-model';
import { findModel } from '../../backend/model-files/source';

describe('the speed of scoring', () => {
  const texts = { length: 16, tokens: 64 };
  let model: LanguageModel;
  before(async () => {
    model = await LanguageModel.open((await findModel('bundled')).folder);
  });
  after(() => model.dispose());

  const scoredFor = async (probe: SpeedProbe, k: number): Promise<number> => {
    const before = model.counted.scored;
    assert.ok((await probe.scoring(k, defaultLora, texts)) > 0);
    return model.counted.scored - before;
  };

  it('is measured for each shape, several times', async () => {
    const probe = new SpeedProbe(model);
    const [base, experts, again] = [await scoredFor(probe, 0), await scoredFor(probe, 2), await scoredFor(probe, 2)];
    assert.ok(base >= 2 * 64 && experts >= 2 * 64, `${base} and ${experts} tokens`);
    assert.equal(again, 0);
  });

  it('is measured by one batch where that takes long, and told of other shapes too', async () => {
    const probe = new SpeedProbe(model, 0);
    assert.deepEqual([await scoredFor(probe, 0), await scoredFor(probe, 2)], [64, 0]);
  });
});
