
"use strict";
(function () {
  const all = (selector, root) => Array.from((root || document).querySelectorAll(selector));
  const byId = (id) => document.getElementById(id);

  // A row is a table row, or a whole tbody where an indicator has its details below it.
  const rowsOf = (table) => table.classList.contains("groups") ? Array.from(table.tBodies) : Array.from(table.tBodies[0].rows);
  const entries = [];
  for (const table of all("table.rows")) {
    for (const row of rowsOf(table)) entries.push({ row, text: null });
  }
  const textOf = (entry) => entry.text ??= entry.row.textContent.toLowerCase();

  function filter() {
    const words = byId("find").value.toLowerCase().split(/\s+/).filter(Boolean);
    const verdicts = new Set(all("#verdicts input:checked").map((box) => box.value));
    const tenant = byId("tenant") ? byId("tenant").value : "";
    const idle = words.length === 0 && verdicts.size === 4 && tenant === "";
    let shown = 0;
    for (const entry of entries) {
      const data = entry.row.dataset;
      const fits = idle || ((!data.verdict || verdicts.has(data.verdict)) && (tenant === "" || data.tenant === tenant) &&
        words.every((word) => textOf(entry).includes(word)));
      if (entry.row.hidden === fits) entry.row.hidden = !fits;
      if (fits) shown += 1;
    }
    byId("found").textContent = idle ? "" : `${shown.toLocaleString("en")} of ${entries.length.toLocaleString("en")} rows`;
  }

  const key = (row, column) => {
    const cells = row.rows ? row.rows[0].cells : row.cells;
    const cell = cells[column];
    const text = cell.dataset.v ?? cell.textContent.trim();
    return cell.classList.contains("n") ? Number(text.replaceAll(",", "")) : text;
  };
  const compare = (a, b) => typeof a === "number" ? a - b : a < b ? -1 : a > b ? 1 : 0;

  function sort(table, column, head) {
    const up = head.getAttribute("aria-sort") !== "ascending";
    for (const other of all("thead th", table)) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", up ? "ascending" : "descending");
    const rows = rowsOf(table).map((row) => ({ row, key: key(row, column) }));
    rows.sort((a, b) => up ? compare(a.key, b.key) : compare(b.key, a.key));
    const into = table.classList.contains("groups") ? table : table.tBodies[0];
    into.append(...rows.map((one) => one.row));
  }

  for (const table of all("table.sortable")) {
    Array.from(table.tHead.rows[0].cells).forEach((head, column) => {
      // Not a button element: Chromium does not repeat a table's head on each printed page if it holds one.
      const button = document.createElement("span");
      button.setAttribute("role", "button");
      button.tabIndex = 0;
      button.textContent = head.textContent;
      button.title = "Sort by " + head.textContent;
      button.addEventListener("click", () => sort(table, column, head));
      button.addEventListener("keydown", (event) => {
        if (event.key === "Enter" || event.key === " ") { event.preventDefault(); sort(table, column, head); }
      });
      head.replaceChildren(button);
    });
  }

  let timer = 0;
  byId("find").addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(filter, 120); });
  byId("verdicts").addEventListener("change", filter);
  if (byId("tenant")) byId("tenant").addEventListener("change", filter);
  const toggle = (open) => all("main details").forEach((one) => { one.open = open; });
  byId("open").addEventListener("click", () => toggle(true));
  byId("close").addEventListener("click", () => toggle(false));
  document.addEventListener("keydown", (event) => {
    const typing = event.target.matches("input, select, textarea");
    if (event.key === "/" && !typing) { event.preventDefault(); byId("find").focus(); }
  });
  byId("tools").hidden = false;
  filter();
})();
