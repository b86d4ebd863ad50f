"use strict";
// The page reads well without this file. It adds: sortable tables, a filter of subjects, the raw data as CSV or JSON.
// Nothing here writes HTML: text goes in through textContent, so a name can never become an element.
(() => {
  document.documentElement.classList.add("scripted");

  // --- sorting: a button in each head; numbers by data-sort, else text without a mark; empty values last in both directions
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

  const sortBy = (table, column, head) => {
    const direction = head.getAttribute("aria-sort") === "ascending" ? "descending" : "ascending";
    const sign = direction === "ascending" ? 1 : -1;
    const body = table.tBodies[0];
    const rows = Array.from(body.rows, (row) => ({ row, key: sortKey(row, column) }));
    rows.sort((a, b) => {
      if (a.key === null || b.key === null) return (a.key === null) - (b.key === null);
      return sign * compare(a.key, b.key);
    });
    for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", direction);
    body.append(...rows.map(({ row }) => row));
  };

  for (const table of document.querySelectorAll("table.sortable")) {
    Array.from(table.tHead.rows[0].cells).forEach((head, column) => {
      const label = head.querySelector("span");
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = label.textContent;
      button.addEventListener("click", () => sortBy(table, column, head));
      label.replaceWith(button);
    });
  }

  // --- filter: boxes and text together decide; rows, legend entries and lines in charts carry data-subject
  const boxes = Array.from(document.querySelectorAll("#filter input[type=checkbox]"));
  const search = document.getElementById("filter-text");

  const showChosen = () => {
    const wanted = search.value.trim().toLowerCase();
    const hidden = new Set();
    for (const box of boxes) {
      const label = box.closest("label");
      const found = label.textContent.toLowerCase().includes(wanted);
      label.classList.toggle("unchecked", !box.checked);
      label.classList.toggle("off", !found);
      if (!box.checked || !found) hidden.add(box.value);
    }
    for (const element of document.querySelectorAll("main [data-subject]")) {
      element.classList.toggle("off", hidden.has(element.dataset.subject));
    }
  };

  for (const box of boxes) box.addEventListener("change", showChosen);
  search.addEventListener("input", showChosen);
  document.getElementById("filter").addEventListener("submit", (event) => event.preventDefault());
  document.getElementById("filter-all").addEventListener("click", () => {
    for (const box of boxes) box.checked = true;
    search.value = "";
    showChosen();
  });
  showChosen(); // a browser that goes back restores the boxes

  // --- raw data: one CSV line per sample, or per trial that has none
  const source = document.getElementById("raw-data").textContent;

  // A spreadsheet runs a text that starts like a formula (CWE-1236), so such a text gets an apostrophe.
  const csvField = (value) => {
    if (value === null || value === undefined) return "";
    if (typeof value === "number" || typeof value === "boolean") return String(value);
    const text = String(value).replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/g, "\ufffd");
    const safe = /^\s*[=+\-@\t\r]/.test(text) ? `'${text}` : text;
    return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
  };

  const csv = () => {
    const data = JSON.parse(source);
    const trialColumns = data.trial_columns.slice(0, -2);
    const sampleColumns = data.sample_columns.map((name) => `sample_${name}`);
    const lines = [[...trialColumns, ...sampleColumns].map(csvField).join(",")];
    for (const trial of data.trials) {
      const own = trial.slice(0, -2);
      const samples = trial[trial.length - 1];
      for (const sample of samples.length ? samples : [sampleColumns.map(() => null)]) {
        lines.push([...own, ...sample].map(csvField).join(","));
      }
    }
    return `${lines.join("\r\n")}\r\n`;
  };

  const status = document.getElementById("raw-status");
  const download = (name, type, text) => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([text], { type }));
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
    status.textContent = `${name} saved`;
  };

  const copy = (text) => {
    // The clipboard API is absent on file: in some browsers; a selected text field always works.
    const field = document.createElement("textarea");
    field.value = text;
    document.body.append(field);
    field.select();
    const done = document.execCommand("copy");
    field.remove();
    status.textContent = done ? "CSV copied" : "The browser did not allow copying: download it instead";
  };

  document.getElementById("csv-download").addEventListener("click", () => download("trials.csv", "text/csv", csv()));
  document.getElementById("json-download").addEventListener("click", () => download("run.json", "application/json", source));
  document.getElementById("csv-copy").addEventListener("click", () => copy(csv()));
})();
