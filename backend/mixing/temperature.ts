/** The temperature with the least loss: golden-section search on its logarithm. */
export function bestTemperature(
  lossAt: (temperature: number) => number,
  { from, to }: { readonly from: number; readonly to: number },
): { readonly temperature: number; readonly nll: number } {
  const ratio = (Math.sqrt(5) - 1) / 2;
  const at = (logTemperature: number): number => lossAt(Math.exp(logTemperature));
  let [low, high] = [Math.log(from), Math.log(to)];
  for (let i = 0; i < 18; i++) {
    const left = high - ratio * (high - low);
    const right = low + ratio * (high - low);
    if (at(left) < at(right)) high = right;
    else low = left;
  }
  const temperature = Math.exp((low + high) / 2);
  return { temperature, nll: lossAt(temperature) };
}
