// The table below a plot: a hundred of its points at a time, sorted as a reader
// wants them.

const pageLength = 100;

class Listing {
  // over is told which point the pointer rests on, null for none.
  constructor(root, points, over) {
    this.points = points;
    this.shown = points.all;
    this.front = new Set();
    this.first = 0;
    this.order = 0;
    this.by = null;
    this.body = root.querySelector("table.points tbody");
    this.count = root.querySelector("[data-part=count]");
    this.back = root.querySelector("[name=back]");
    this.next = root.querySelector("[name=next]");
    this.back.addEventListener("click", () => this.turn(-pageLength));
    this.next.addEventListener("click", () => this.turn(pageLength));
    this.body.addEventListener("pointerover", (e) => over(Number(e.target.closest("tr").dataset.point)));
    this.body.addEventListener("pointerleave", () => over(null));
    this.headings(root.querySelector("table.points thead"));
  }
  headings(head) {
    const row = head.insertRow();
    const add = (text, right) => {
      const th = document.createElement("th");
      th.scope = "col";
      th.className = right ? "n" : "";
      th.textContent = text;
      row.append(th);
    };
    add("front", false);
    for (const c of this.points.columns) add(c.name, !c.isWords);
    headingButtons(row.cells, (i, order) => {
      this.by = i === 0 ? null : this.points.columns[i - 1];
      this.order = order;
      this.first = 0;
      this.draw();
    });
  }
  // show lists some of the points.
  show(list, front) {
    this.shown = list;
    this.front = front;
    this.first = 0;
    this.draw();
  }
  turn(by) {
    this.first += by;
    this.draw();
  }
  sorted() {
    if (this.order === 0) return this.shown;
    const key = this.by ? (i) => this.by.values[i] : (i) => this.front.has(i) ? 0 : 1;
    return [...this.shown].sort((a, b) => {
      const [x, y] = [key(a), key(b)];
      if (x === null || y === null) return compare(x, y);
      return this.order * compare(x, y) || a - b;
    });
  }
  draw() {
    const all = this.sorted();
    const rows = all.slice(this.first, this.first + pageLength);
    this.body.replaceChildren(...rows.map((i) => this.row(i)));
    const number = (n) => n.toLocaleString("en");
    const of = all.length === this.points.count ? `${number(all.length)} points` : `${number(all.length)} of ${number(this.points.count)} points`;
    this.count.textContent = all.length > pageLength ? `${number(this.first + 1)} to ${number(this.first + rows.length)} of ${of}` : of;
    this.back.disabled = this.first === 0;
    this.next.disabled = this.first + pageLength >= all.length;
    this.back.hidden = this.next.hidden = all.length <= pageLength;
  }
  row(i) {
    const row = document.createElement("tr");
    row.dataset.point = i;
    const mark = row.insertCell();
    mark.className = "mark";
    mark.textContent = this.front.has(i) ? "◆" : "";
    for (const c of this.points.columns) {
      const cell = row.insertCell();
      if (!c.isWords) cell.className = "n";
      cell.textContent = this.points.text(c, i);
    }
    return row;
  }
}
