// What a reader does on a plot: rest on a point, drag over some, or go from one to
// the next with the keyboard.

const near = 14; // pixels from which a point is meant
const dragged = 5; // pixels from which a press is no click

class Pointer {
  constructor(scatter) {
    this.scatter = scatter;
    this.from = null; // where a drag began
    this.current = null; // the point that the keyboard is on
    const plot = scatter.plot;
    plot.addEventListener("pointermove", (e) => this.move(e));
    plot.addEventListener("pointerleave", () => this.from || scatter.say(null));
    plot.addEventListener("pointerdown", (e) => this.down(e));
    plot.addEventListener("pointerup", (e) => this.up(e));
    plot.addEventListener("pointercancel", () => this.end());
    plot.addEventListener("keydown", (e) => this.key(e));
    plot.addEventListener("blur", () => scatter.say(null));
  }
  place(e) {
    const box = this.scatter.plot.getBoundingClientRect();
    return [e.clientX - box.left, e.clientY - box.top];
  }
  move(e) {
    const here = this.place(e);
    if (this.from) this.brush(here);
    else this.scatter.say(this.nearest(here));
  }
  // nearest is the point that is meant, or null.
  nearest([x, y]) {
    let best = near * near, found = null;
    for (const i of this.scatter.drawn) {
      const [px, py] = this.scatter.at[i];
      const distance = (px - x) ** 2 + (py - y) ** 2;
      if (distance < best) [best, found] = [distance, i];
    }
    return found;
  }
  down(e) {
    if (e.button !== 0) return;
    this.from = this.place(e);
    this.scatter.plot.setPointerCapture(e.pointerId);
  }
  brush([x, y]) {
    const [fx, fy] = this.from;
    this.scatter.say(null);
    const [width, height] = [Math.abs(x - fx), Math.abs(y - fy)];
    if (Math.max(width, height) < dragged) return;
    this.scatter.over.append(svg("rect", { class: "brush", x: Math.min(x, fx), y: Math.min(y, fy), width, height }));
  }
  up(e) {
    if (!this.from) return;
    const [x, y] = this.place(e);
    const [fx, fy] = this.from;
    this.end();
    if (Math.max(Math.abs(x - fx), Math.abs(y - fy)) < dragged) return;
    const within = (i) => {
      const [px, py] = this.scatter.at[i];
      return px >= Math.min(x, fx) && px <= Math.max(x, fx) && py >= Math.min(y, fy) && py <= Math.max(y, fy);
    };
    this.scatter.select(new Set(this.scatter.drawn.filter(within)));
  }
  end() {
    this.from = null;
    this.scatter.ring(null);
  }
  key(e) {
    const step = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1 }[e.key];
    if (e.key === "Escape") {
      this.scatter.say(null);
      this.scatter.select(null);
    } else if (step) {
      e.preventDefault();
      this.walk(step);
    }
  }
  // walk goes to the next point along the horizontal axis: of the front, where there
  // is one, else of all.
  walk(step) {
    const { front, drawn, x } = this.scatter;
    const way = [...(front.length > 0 ? front : drawn)].sort((a, b) => x.values[a] - x.values[b] || a - b);
    if (way.length === 0) return;
    const at = way.indexOf(this.current);
    const next = at < 0 ? (step > 0 ? 0 : way.length - 1) : Math.min(Math.max(at + step, 0), way.length - 1);
    this.current = way[next];
    this.scatter.say(this.current);
    const text = this.scatter.points.columns.map((c) => `${c.name} ${this.scatter.points.text(c, this.current)}`).join(", ");
    this.scatter.part("said").textContent = text;
  }
}
