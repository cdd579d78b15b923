// Axes of plots: from values to pixels and back, and where to put marks.

class Axis {
  constructor(low, high, log) {
    this.log = log;
    if (log) [low, high] = [Math.log10(low), Math.log10(high)];
    const room = high > low ? 0.04 * (high - low) : log ? 0.1 : Math.abs(high) * 0.1 || 1;
    [this.low, this.high] = [low - room, high + room];
  }
  // place puts the axis between two pixels.
  place(from, to) {
    [this.from, this.to] = [from, to];
    return this;
  }
  at(v) {
    if (this.log) v = Math.log10(v);
    return this.from + (v - this.low) / (this.high - this.low) * (this.to - this.from);
  }
  // ticks are about n values to mark.
  ticks(n) {
    return this.log ? this.logTicks(n) : linearTicks(this.low, this.high, n);
  }
  logTicks(n) {
    const span = this.high - this.low;
    if (span < 0.7) return linearTicks(10 ** this.low, 10 ** this.high, n);
    const factors = span < 1.5 ? [1, 2, 3, 5, 7] : span < 3 ? [1, 2, 5] : [1];
    const every = Math.max(1, Math.ceil(span / n));
    const found = [];
    const first = factors.length > 1 ? Math.floor(this.low) : Math.ceil(this.low);
    for (let power = first; power <= this.high; power += every) {
      for (const f of factors) {
        const exponent = power + Math.log10(f);
        if (exponent >= this.low && exponent <= this.high) found.push(f * 10 ** power);
      }
    }
    return found;
  }
}

function linearTicks(low, high, n) {
  const least = (high - low) / n;
  const power = 10 ** Math.floor(Math.log10(least));
  const step = power * ([1, 2, 5].find((f) => f * power >= least * (1 - 1e-9)) ?? 10);
  const found = [];
  for (let i = Math.ceil(low / step); i * step <= high; i++) found.push(Number((i * step).toPrecision(12)));
  return found;
}
