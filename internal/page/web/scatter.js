// A plot of points. Grid and points are on a canvas; the axes' words, the front and
// what follows the pointer are SVG above it.

const margin = { left: 72, right: 18, top: 26, bottom: 46 };
const apart = 54; // pixels between the names of two marks

class Scatter {
  constructor(root) {
    this.root = root;
    const data = JSON.parse(root.querySelector("script[type='application/json']").textContent);
    this.points = new Points(data);
    this.plot = this.part("plot");
    this.canvas = this.plot.querySelector("canvas");
    this.tip = this.part("tip");
    this.selected = null; // the points that a reader dragged over, a set; null for all
    this.listing = new Listing(root, this.points, (i) => this.ring(i));
    this.controls(data);
    root.hidden = false;
    new Pointer(this);
    new ResizeObserver(() => this.draw()).observe(this.plot);
    document.addEventListener("theme", () => this.paint());
    this.choose();
  }
  part(name) {
    return this.root.querySelector(`[data-part=${name}]`);
  }
  control(name) {
    return this.root.querySelector(`.controls [name=${name}]`);
  }

  // controls fills the lists of columns.
  controls(data) {
    const numbers = this.points.numbers().map((c) => c.name);
    const fill = (name, options, chosen) => {
      const select = this.control(name);
      for (const [value, text] of options) select.add(new Option(text, value));
      select.value = chosen;
    };
    const named = (list) => list.map((n) => [n, n]);
    fill("x", named(numbers), data.x || numbers[0]);
    fill("y", named(numbers), data.y || numbers[1] || numbers[0]);
    fill("colour", [["", "one"], ...named(this.points.columns.map((c) => c.name))], data.colour);
    this.control("logX").checked = data.logX;
    this.control("logY").checked = data.logY;
    for (const name of ["x", "y", "colour", "logX", "logY", "front"]) this.control(name).addEventListener("change", () => this.choose());
    this.control("clear").addEventListener("click", () => this.select(null));
  }

  // choose takes the axes and the colour that a reader wants.
  choose() {
    this.x = this.points.column(this.control("x").value);
    this.y = this.points.column(this.control("y").value);
    this.axisX = this.axis(this.x, this.control("logX"));
    this.axisY = this.axis(this.y, this.control("logY"));
    this.front = this.points.front(this.x, this.y);
    this.control("front").disabled = this.front.length === 0;
    const has = (i) => this.x.values[i] !== null && this.y.values[i] !== null;
    this.drawn = this.points.all.filter(has);
    this.list();
    this.draw();
  }
  axis(column, log) {
    const [low, high] = extent(column);
    log.disabled = low <= 0;
    return new Axis(low, high, log.checked && low > 0);
  }
  select(set) {
    this.selected = set;
    this.control("clear").disabled = set === null;
    this.list();
    this.paint();
  }
  list() {
    const front = new Set(this.front);
    let list = this.selected ? this.points.all.filter((i) => this.selected.has(i)) : this.points.all;
    if (this.control("front").checked && front.size > 0) list = list.filter((i) => front.has(i));
    this.listing.show(list, front);
  }

  // draw draws everything for the plot's present size.
  draw() {
    const { width, height } = this.plot.getBoundingClientRect();
    if (width === 0) return;
    [this.width, this.height] = [width, height];
    this.axisX.place(margin.left, width - margin.right);
    this.axisY.place(height - margin.bottom, margin.top);
    this.at = this.points.all.map((i) => this.x.values[i] === null || this.y.values[i] === null ? null
      : [this.axisX.at(this.x.values[i]), this.axisY.at(this.y.values[i])]);
    this.frame();
    this.paint();
    const front = this.front.length > 0 ? `, ${this.front.length} of them on the Pareto front` : "";
    this.plot.setAttribute("aria-label", `${this.drawn.length} points: ${this.y.name} over ${this.x.name}${front}. They are listed in the table below.`);
  }
  frame() {
    const { axisX, axisY, width, height } = this;
    const bottom = height - margin.bottom;
    const marks = [];
    this.rows = axisY.ticks(8);
    for (const v of this.rows) {
      marks.push(svg("text", { x: margin.left - 8, y: axisY.at(v) + 4, "text-anchor": "end" }, mark(v, this.y.unit)));
    }
    let last = -Infinity;
    this.columns = axisX.ticks(Math.max(2, Math.floor(width / 110)));
    for (const v of this.columns) {
      if (axisX.at(v) - last < apart) continue;
      last = axisX.at(v);
      marks.push(svg("text", { x: last, y: bottom + 18, "text-anchor": "middle" }, mark(v, this.x.unit)));
    }
    marks.push(svg("path", { class: "base", d: `M${margin.left} ${bottom}H${width - margin.right}` }),
      svg("text", { class: "name x", x: (margin.left + width - margin.right) / 2, y: height - 8, "text-anchor": "middle" }, this.x.name),
      svg("text", { class: "name y", x: 4, y: 14, "text-anchor": "start" }, this.y.name));
    this.over = svg("g", {});
    const above = this.part("above");
    above.setAttribute("viewBox", `0 0 ${width} ${height}`);
    above.replaceChildren(...marks, ...this.frontLine(), this.over);
    this.plot.style.setProperty("--shape", `${width} / ${height}`);
  }
  frontLine() {
    if (this.front.length === 0) return [];
    const line = this.front.map((i) => this.at[i]).sort((a, b) => a[0] - b[0]);
    return [svg("path", { class: "front", d: "M" + line.map((p) => p.join(" ")).join("L") }),
      ...line.map(([x, y]) => svg("circle", { class: "member", cx: x, cy: y, r: 5 }))];
  }
  // grid draws the lines below the points.
  grid(ink) {
    ink.strokeStyle = resolve("rule");
    ink.lineWidth = 0.7;
    ink.beginPath();
    for (const v of this.rows) {
      ink.moveTo(margin.left, this.axisY.at(v));
      ink.lineTo(this.width - margin.right, this.axisY.at(v));
    }
    for (const v of this.columns) {
      ink.moveTo(this.axisX.at(v), margin.top);
      ink.lineTo(this.axisX.at(v), this.height - margin.bottom);
    }
    ink.stroke();
  }
  // paint draws the grid, the points and the key.
  paint() {
    if (!this.width) return;
    const { of, key } = colouring(this.points, this.points.column(this.control("colour").value));
    this.part("key").replaceChildren(...key, ...this.frontKey());
    const scale = devicePixelRatio || 1;
    [this.canvas.width, this.canvas.height] = [Math.round(this.width * scale), Math.round(this.height * scale)];
    const ink = this.canvas.getContext("2d");
    ink.scale(scale, scale);
    this.grid(ink);
    const radius = this.drawn.length > 3000 ? 2.4 : 3.4;
    for (const i of this.drawn) {
      ink.globalAlpha = this.selected && !this.selected.has(i) ? 0.12 : 0.8;
      ink.fillStyle = of(i);
      ink.beginPath();
      ink.arc(this.at[i][0], this.at[i][1], radius, 0, 7);
      ink.fill();
    }
    this.root.dataset.drawn = Math.round(performance.now());
  }
  frontKey() {
    if (this.front.length === 0) return [];
    const entry = document.createElement("span");
    const picture = svg("svg", { width: 26, height: 12 });
    picture.append(svg("path", { d: "M0 6H26", stroke: "currentColor", "stroke-width": 1.5 }), svg("circle", { cx: 13, cy: 6, r: 4.5, fill: "none", stroke: "currentColor" }));
    const word = (c) => c.better < 0 ? "small" : "large";
    entry.append(picture, `Pareto front of ${this.front.length}: ${word(this.x)} ${this.x.name}, ${word(this.y)} ${this.y.name}`);
    return [entry];
  }

  // ring marks a point, null for none.
  ring(i) {
    this.over.replaceChildren();
    if (i === null || !this.at[i]) return;
    const [x, y] = this.at[i];
    this.over.append(svg("circle", { class: "ring", cx: x, cy: y, r: 7 }));
  }
  // say shows a point's settings and figures beside it.
  say(i) {
    this.ring(i);
    this.tip.hidden = i === null;
    if (i === null) return;
    const list = document.createElement("dl");
    const add = (c) => {
      const dt = document.createElement("dt"), dd = document.createElement("dd");
      dt.textContent = c.name;
      dd.textContent = this.points.text(c, i);
      list.append(dt, dd);
    };
    const settings = this.points.columns.filter((c) => c.setting), figures = this.points.columns.filter((c) => !c.setting);
    settings.forEach(add);
    if (settings.length > 0 && figures.length > 0) list.append(document.createElement("hr"));
    figures.forEach(add);
    this.tip.replaceChildren(list);
    const [x, y] = this.at[i];
    const { offsetWidth: w, offsetHeight: h } = this.tip;
    const left = x + 14 + w > this.width ? x - 14 - w : x + 14;
    this.tip.style.left = `${Math.max(0, left)}px`;
    this.tip.style.top = `${Math.min(Math.max(0, y - h / 2), Math.max(0, this.height - h))}px`;
  }
}

// svg makes an element of a picture.
function svg(name, attributes, text) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  if (text !== undefined) element.textContent = text;
  return element;
}
