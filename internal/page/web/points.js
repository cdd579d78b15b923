// The points of a plot: columns unpacked, and the Pareto front of two of them.

class Points {
  constructor(data) {
    this.columns = data.columns.map(unpack);
    this.count = this.columns[0].values.length;
    this.all = Array.from({ length: this.count }, (_, i) => i);
  }
  column(name) {
    return this.columns.find((c) => c.name === name);
  }
  numbers() {
    return this.columns.filter((c) => !c.isWords);
  }
  // text is a point's value in a column with its unit.
  text(column, i) {
    return column.isWords ? column.values[i] : quantity(column.values[i], column.unit);
  }
  // front lists the points than which none is better in one of two columns and as
  // good in the other, of equal ones the first; empty where nobody said what is better.
  front(x, y) {
    if (!x.better || !y.better || x === y) return [];
    const has = this.all.filter((i) => x.values[i] !== null && y.values[i] !== null);
    const by = (c) => (a, b) => c.better * (c.values[b] - c.values[a]);
    has.sort((a, b) => by(x)(a, b) || by(y)(a, b));
    const front = [];
    let best = null;
    for (const i of has) {
      if (best === null || by(y)(i, best) < 0) {
        front.push(i);
        best = i;
      }
    }
    return front;
  }
}

// unpack gives a column one value for each point; null stands for none.
function unpack(packed) {
  const isWords = packed.words !== undefined;
  const scale = packed.scale ?? 1;
  let values = isWords ? packed.words : packed.values.map((v) => v === null ? null : Number((v * scale).toPrecision(7)));
  if (packed.which) {
    const distinct = values;
    values = packed.which.map((k) => distinct[k]);
  }
  return { name: packed.name, unit: packed.unit ?? "", better: packed.better ?? 0, setting: packed.setting ?? false, isWords, values };
}

// extent is the smallest and largest number of a column.
function extent(column) {
  let low = Infinity, high = -Infinity;
  for (const v of column.values) {
    if (v === null) continue;
    if (v < low) low = v;
    if (v > high) high = v;
  }
  return low <= high ? [low, high] : [0, 1];
}
