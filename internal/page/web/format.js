// Numbers and their units as text, and back for sorting.

const prefixes = { f: 1e-15, p: 1e-12, n: 1e-9, "µ": 1e-6, u: 1e-6, m: 1e-3, k: 1e3, M: 1e6, G: 1e9, T: 1e12 };
const steps = [["T", 1e12], ["G", 1e9], ["M", 1e6], ["k", 1e3], ["", 1], ["m", 1e-3], ["µ", 1e-6], ["n", 1e-9], ["p", 1e-12], ["f", 1e-15]];
const scaledUnits = ["s", "J", "W", "Hz", "b", "B", "OPS", "OPS/W"];

// digits writes a number with at most four significant digits.
function digits(x) {
  if (Number.isInteger(x) && Math.abs(x) < 1e6) return String(x);
  const size = Math.abs(x);
  if (size !== 0 && (size >= 1e6 || size < 1e-4)) return x.toExponential(3).replace(/\.?0+e/, "e");
  return String(Number(x.toPrecision(4)));
}

// quantity writes a number with its unit: 1.736 µs, 91.5 %, 0.27 mm².
function quantity(x, unit) {
  if (x === null) return "–";
  if (!unit) return digits(x);
  if (unit === "%") return (100 * x).toFixed(2) + " %";
  if (!scaledUnits.includes(unit) || x === 0) return digits(x) + " " + unit;
  x = Number(x.toPrecision(4)); // before a prefix is chosen: 999.96 ns is 1 µs
  const [prefix, size] = steps.find(([, size]) => Math.abs(x) >= size * (1 - 1e-9)) ?? steps.at(-1);
  return digits(x / size) + " " + prefix + unit;
}

// mark is a quantity on an axis, without zeros that say nothing.
function mark(x, unit) {
  return quantity(x, unit).replace(/(\.\d*?)0+(?= |$)/, "$1").replace(/\.(?= |$)/, "");
}

// sortKey is a cell's number, its unit's prefix taken in, or its text. "< 0.0001" is
// that number.
function sortKey(text) {
  const found = /^(?:[<>]\s*)?([-−]?\d[\d,]*\.?\d*(?:e[-+]?\d+)?)(?:\s*([^\d\s]\S*))?(?:\s|$)/i.exec(text.trim());
  if (!found) return text;
  const number = Number(found[1].replaceAll(",", "").replace("−", "-"));
  const unit = found[2] ?? "";
  const prefix = prefixes[unit[0]];
  if (!prefix || unit.length < 2) return number;
  return number * (unit.endsWith("m²") ? prefix * prefix : prefix);
}

// compare puts numbers before texts, and nothing last.
function compare(a, b) {
  if (a === null || b === null) return (a === null) - (b === null);
  if (typeof a === "number" && typeof b === "number") return a - b;
  if (typeof a === "number" || typeof b === "number") return typeof a === "number" ? -1 : 1;
  return a.localeCompare(b, "en", { numeric: true });
}
