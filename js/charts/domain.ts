/** An axis range. */
export type Domain = [low: number, high: number];

/** A round distance between ticks: 1, 2 or 5 times a power of ten, so that at most `nTicks` fit. */
function spacing([low, high]: Domain, nTicks: number): number {
  const rough = (high - low) / nTicks;
  const power = 10 ** Math.floor(Math.log10(rough));
  return power * ([1, 2, 5].find((factor) => factor * power >= rough * (1 - 1e-9)) ?? 10);
}

/** Round numbers inside the domain, about `nTicks` of them. */
export function ticks([low, high]: Domain, nTicks = 5): number[] {
  const step = spacing([low, high], nTicks);
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  return Array.from({ length: last - first + 1 }, (_, i) => Number(((first + i) * step).toPrecision(12)));
}

/** How to write the ticks: as many decimals as tell them apart, in d3's words. */
export function tickFormat(shown: number[]): string {
  const step = shown.length > 1 ? shown[1]! - shown[0]! : 1;
  const decimals = Math.max(-Math.floor(Math.log10(step) + 1e-9), 0);
  return decimals > 5 ? ".1~e" : `,.${decimals}~f`;
}

/** The nearest round numbers around [low, high]: multiples of 1, 2 or 5 times a power of ten. */
export function nice([low, high]: Domain, nTicks = 4): Domain {
  if (low === high) {
    const room = Math.abs(low) * 0.05 || 1;
    return nice([low - room, high + room], nTicks);
  }
  const step = spacing([low, high], nTicks);
  return [Math.floor(low / step) * step, Math.ceil(high / step) * step];
}

const MANTISSAS = [1, 2, 5];

/** All of 1, 2 and 5 times powers of ten within a factor of ten around [low, high]. */
function steps([low, high]: Domain): number[] {
  const [first, last] = [Math.floor(Math.log10(low)) - 1, Math.ceil(Math.log10(high)) + 1];
  const powers = Array.from({ length: last - first + 1 }, (_, i) => first + i);
  return powers.flatMap((power) => MANTISSAS.map((factor) => Number(`${factor}e${power}`)));
}

/** As `nice`, for a logarithmic axis: 1, 2 or 5 times powers of ten around positive `low` and `high`. */
export function niceLog([low, high]: Domain): Domain {
  const all = steps([low, high]);
  const below = all.filter((step) => step <= low).length - 1;
  const above = all.findIndex((step) => step >= high);
  return below === above ? [all[below - 1]!, all[above + 1]!] : [all[below]!, all[above]!];
}

/** Round numbers inside a positive domain: 1, 2, 5 times powers of ten where they fit, else powers of ten alone. */
export function logTicks([low, high]: Domain, nTicks = 6): number[] {
  const inside = steps([low, high]).filter((step) => step >= low * (1 - 1e-9) && step <= high * (1 + 1e-9));
  if (inside.length <= nTicks) return inside;
  const powers = inside.filter((step) => Math.abs(Math.log10(step) % 1) < 1e-9);
  const stride = Math.ceil(powers.length / nTicks);
  return powers.filter((_, i) => i % stride === 0);
}

/**
 * The range to show now: it grows as soon as the values leave it and shrinks only once they fill less than
 * half of it, so that the axis does not twitch from frame to frame.
 */
export function follow(shown: Domain | null, values: Domain, round = nice): Domain {
  const wanted = round(values);
  if (!shown) return wanted;
  const isInside = values[0] >= shown[0] && values[1] <= shown[1];
  const isFilled = values[1] - values[0] >= 0.5 * (shown[1] - shown[0]);
  const isCoarse = wanted[1] - wanted[0] > 0.8 * (shown[1] - shown[0]);
  return isInside && (isFilled || isCoarse) ? shown : wanted;
}

/** As `follow`, for a range about zero: each side of it holds still, and shrinks, on its own. */
export function followBoth(shown: Domain | null, [low, high]: Domain, round = nice): Domain {
  const below = low < 0 ? follow(shown && [shown[0], 0], [low, 0], round)[0] : 0;
  const above = high > 0 ? follow(shown && [0, shown[1]], [0, high], round)[1] : 0;
  return [below, above];
}
