/** Figures of a sample; all in the sample's own unit. */
export interface Summary {
  count: number;
  min: number;
  p25: number;
  median: number;
  p75: number;
  p99: number;
  max: number;
}

/** The value below which the share `q` (0 to 1) of a sample lies, interpolated between neighbours. NaN if it is empty. */
export function quantile(sample: readonly number[], q: number): number {
  const sorted = [...sample].sort((a, b) => a - b);
  const place = q * (sorted.length - 1);
  const below = sorted[Math.floor(place)] ?? Number.NaN;
  const above = sorted[Math.ceil(place)] ?? Number.NaN;
  return below + (above - below) * (place - Math.floor(place));
}

export function median(sample: readonly number[]): number {
  return quantile(sample, 0.5);
}

export function summarise(sample: readonly number[]): Summary {
  return {
    count: sample.length,
    min: quantile(sample, 0),
    p25: quantile(sample, 0.25),
    median: quantile(sample, 0.5),
    p75: quantile(sample, 0.75),
    p99: quantile(sample, 0.99),
    max: quantile(sample, 1),
  };
}
