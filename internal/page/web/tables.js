// Tables sort where a heading is pressed: up, down, and as they were.

// headingButtons makes a button of every heading; sort is told the column and the
// order: 1, -1 or 0.
function headingButtons(headings, sort) {
  const all = [...headings];
  const orders = all.map(() => 0);
  all.forEach((th, i) => {
    if (th.textContent === "") return;
    const button = document.createElement("button");
    button.type = "button";
    button.append(...th.childNodes);
    th.append(button);
    th.setAttribute("aria-sort", "none");
    button.addEventListener("click", () => {
      const order = orders[i] === 0 ? 1 : orders[i] === 1 ? -1 : 0;
      orders.fill(0);
      orders[i] = order;
      all.forEach((other, j) => other.setAttribute("aria-sort", orders[j] === 1 ? "ascending" : orders[j] === -1 ? "descending" : "none"));
      sort(i, order);
    });
  });
}

function startTable(table) {
  const body = table.tBodies[0];
  const rows = [...body.rows];
  headingButtons(table.tHead.rows[0].cells, (column, order) => {
    const sorted = rows.map((row, i) => ({ row, i, key: cellKey(row.cells[column]) }));
    const by = (a, b) => (a === null || b === null ? compare(a, b) : order * compare(a, b)); // nothing last, either way
    if (order !== 0) sorted.sort((a, b) => by(a.key, b.key) || a.i - b.i);
    body.append(...sorted.map((s) => s.row));
  });
}

function cellKey(cell) {
  const text = cell ? cell.textContent : "";
  return text === "" || text === "–" ? null : sortKey(text);
}
