// What colour a point has: one for all, one for each word, or along a ramp.

const words = ["c0", "c1", "c2", "c3", "c4", "c5", "c6"];
// Viridis without its ends, which vanish on white and on black.
const ramps = {
  light: [[68, 24, 110], [59, 82, 139], [33, 130, 141], [53, 170, 110], [140, 190, 40]],
  dark: [[110, 88, 190], [65, 130, 190], [40, 170, 160], [110, 206, 88], [240, 229, 60]],
};

// resolve is the colour that a class of the page's styles stands for.
function resolve(name) {
  const probe = document.createElement("i");
  probe.className = "swatch " + name;
  document.body.append(probe);
  const colour = getComputedStyle(probe).backgroundColor;
  probe.remove();
  return colour;
}

function rampColour(share) {
  const ramp = isDark() ? ramps.dark : ramps.light;
  const at = Math.min(Math.max(share, 0), 1) * (ramp.length - 1);
  const i = Math.min(Math.floor(at), ramp.length - 2);
  const mixed = ramp[i].map((c, k) => Math.round(c + (at - i) * (ramp[i + 1][k] - c)));
  return `rgb(${mixed.join(" ")})`;
}

// colouring is a colour for each point, and the key to it.
function colouring(points, column) {
  if (!column) {
    const one = resolve("c0");
    return { of: () => one, key: [] };
  }
  if (!column.isWords) {
    const [low, high] = extent(column);
    const none = resolve("grey");
    const of = (i) => column.values[i] === null ? none : rampColour(high > low ? (column.values[i] - low) / (high - low) : 0.5);
    return { of, key: rampKey(column, low, high) };
  }
  const counts = new Map();
  for (const w of column.values) counts.set(w, (counts.get(w) ?? 0) + 1);
  const named = [...counts.keys()].sort((a, b) => compare(a, b)).slice(0, words.length);
  const colours = new Map(named.map((w, i) => [w, resolve(words[i])]));
  const grey = resolve("grey");
  const key = named.map((w, i) => keyEntry(words[i], w));
  if (counts.size > named.length) key.push(keyEntry("grey", `${counts.size - named.length} others`));
  return { of: (i) => colours.get(column.values[i]) ?? grey, key };
}

function keyEntry(name, text) {
  const entry = document.createElement("span");
  const swatch = document.createElement("i");
  swatch.className = "swatch " + name;
  entry.append(swatch, text);
  return entry;
}

function rampKey(column, low, high) {
  const entry = document.createElement("span");
  const ramp = document.createElement("i");
  ramp.className = "ramp";
  ramp.style.background = `linear-gradient(to right, ${[0, 0.25, 0.5, 0.75, 1].map(rampColour).join(", ")})`;
  entry.append(`${column.name}: ${quantity(low, column.unit)}`, ramp, quantity(high, column.unit));
  return [entry];
}
