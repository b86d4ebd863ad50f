// Sorting: a button in each head; numbers by data-sort, else text without a mark; empty values last in both directions.
(() => {
  const sortKey = (row, column) => {
    const cell = row.cells[column];
    if (cell.dataset.sort !== undefined) return Number(cell.dataset.sort);
    const text = cell.textContent.replace("†", "").trim();
    return text === "–" ? null : text;
  };

  const compare = (a, b) => {
    if (typeof a === "number" && typeof b === "number") return a - b;
    if (typeof a === "number") return -1;
    if (typeof b === "number") return 1;
    return a.localeCompare(b, "en", { numeric: true });
  };

  const sortBy = (table, column, direction) => {
    const sign = direction === "ascending" ? 1 : -1;
    const body = table.tBodies[0];
    const rows = Array.from(body.rows, (row) => ({ row, key: sortKey(row, column) }));
    rows.sort((a, b) => {
      if (a.key === null || b.key === null) return (a.key === null) - (b.key === null);
      return sign * compare(a.key, b.key);
    });
    const heads = table.tHead.rows[0].cells;
    for (const other of heads) other.removeAttribute("aria-sort");
    heads[column].setAttribute("aria-sort", direction);
    body.append(...rows.map(({ row }) => row));
  };

  const tables = Array.from(document.querySelectorAll("table.sortable"));

  const remember = () => {
    const sorted = tables.flatMap((table) =>
      Array.from(table.tHead.rows[0].cells, (head, column) => [head.getAttribute("aria-sort"), column])
        .filter(([direction]) => direction)
        .map(([direction, column]) => `${table.id}.${column}.${direction === "ascending" ? "up" : "down"}`));
    state.set("sort", sorted.join(","));
  };

  for (const table of tables) {
    Array.from(table.tHead.rows[0].cells).forEach((head, column) => {
      const label = head.querySelector("span");
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = label.textContent;
      button.addEventListener("click", () => {
        const direction = head.getAttribute("aria-sort") === "ascending" ? "descending" : "ascending";
        sortBy(table, column, direction);
        remember();
        announce(`${table.caption.textContent}: sorted by ${button.textContent}, ${direction}`);
      });
      label.replaceWith(button);
    });
  }

  state.onRestore(() => {
    for (const wish of state.get("sort").split(",")) {
      const [id, column, direction] = wish.split(".");
      const table = tables.find((one) => one.id === id);
      if (table?.tHead.rows[0].cells[column]) sortBy(table, Number(column), direction === "down" ? "descending" : "ascending");
    }
  });
})();
