// Shows a part of each list at a time, and searches, filters and sorts all of it. Text is
// only ever set as text, never as markup.
"use strict";
const PAGE = 100, PRINTED = 2000;

function el(name, attributes, ...children) {
  const e = document.createElement(name);
  for (const [key, value] of Object.entries(attributes || {})) {
    if (key.startsWith("on")) e.addEventListener(key.slice(2), value);
    else if (value !== false && value != null) e.setAttribute(key, value === true ? "" : value);
  }
  e.append(...children);
  return e;
}

class List {
  constructor(id, data, root) {
    Object.assign(this, data, { id, root });
    this.shown = this.columns.flatMap((c, i) => ["cell", "level", "text"].includes(c.kind) ? [i] : []);
    this.details = this.columns.flatMap((c, i) => ["detail", "diff", "link"].includes(c.kind) ? [i] : []);
    this.link = this.columns.findIndex(c => c.kind === "link");
    this.selects = new Map(); // by column
    this.sort = null;         // {column, down}
    this.page = 0;
    this.body = root.querySelector("tbody");
    this.status = root.querySelector(".size");
    root.querySelector(".more")?.remove();
    this.heads();
    this.tools();
    this.pages = el("div", { class: "pages" },
      this.back = el("button", { class: "turn", type: "button", onclick: () => this.turn(-1) }, "Previous"),
      this.forth = el("button", { class: "turn", type: "button", onclick: () => this.turn(1) }, "Next"));
    root.append(this.pages);
    this.apply();
  }

  values(row, column) { return this.texts[row[column]].split("\n"); }

  heads() {
    this.root.querySelectorAll("thead th").forEach((th, i) => {
      const column = this.shown[i];
      th.replaceChildren(el("button", { type: "button", onclick: () => this.sortBy(column) }, th.textContent));
    });
  }

  // A search field, and a choice for each column that has between two and many values.
  tools() {
    if (this.rows.length < 2) return;
    this.search = el("input", { type: "search", autocomplete: "off", oninput: () => { clearTimeout(this.later); this.later = setTimeout(() => this.apply(), 120); } });
    const tools = el("div", { class: "tools", role: "search", "aria-label": this.many },
      el("label", {}, "search " + this.many, this.search));
    this.columns.forEach((column, i) => {
      if (!column.filter) return;
      const texts = new Map(), counts = new Map(); // how many rows have a text, a value
      for (const row of this.rows) texts.set(row[i], (texts.get(row[i]) || 0) + 1);
      for (const [t, n] of texts) for (const v of this.texts[t].split("\n")) counts.set(v, (counts.get(v) || 0) + n);
      if (counts.size < 2) return;
      const order = column.order || [];
      const rank = v => order.includes(v) ? order.indexOf(v) : order.length;
      const values = [...counts.keys()].sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : a > b ? 1 : 0));
      const select = el("select", { onchange: () => this.apply() }, el("option", { value: "" }, "all"),
        ...values.map((v, n) => el("option", { value: String(n + 1) }, (v || "(none)") + " (" + counts.get(v) + ")")));
      this.selects.set(i, { select, values });
      tools.append(el("label", {}, column.name, select));
    });
    tools.append(el("button", { type: "button", onclick: () => { this.clear(); this.apply(); this.search.focus(); } }, "Show all"));
    this.status.before(tools);
  }

  clear() {
    if (this.search) this.search.value = "";
    for (const { select } of this.selects.values()) select.value = "";
  }

  // Shows the rows of a few filters: column=value&column=value.
  choose(filters) {
    this.clear();
    for (const [name, value] of new URLSearchParams(filters)) {
      const choice = this.selects.get(this.columns.findIndex(c => c.name === name));
      const n = choice ? choice.values.indexOf(value) : -1;
      if (n >= 0) choice.select.value = String(n + 1);
    }
    this.apply();
  }

  // Every word of the search must stand in some text of the row. Each text is looked at
  // once, however many rows share it.
  apply() {
    const words = (this.search?.value || "").toLowerCase().split(/\s+/).filter(Boolean);
    if (words.length) this.lower ||= this.texts.map(t => t.toLowerCase());
    const hits = words.map(w => this.lower.map(t => t.includes(w)));
    const chosen = [];
    for (const [column, { select, values }] of this.selects) {
      if (select.value) {
        const value = values[Number(select.value) - 1];
        chosen.push([column, this.texts.map(t => t.split("\n").includes(value))]);
      }
    }
    this.found = this.rows.filter(row => chosen.every(([column, fits]) => fits[row[column]]) && hits.every(hit => row.some(i => hit[i])));
    if (this.sort) this.order();
    this.page = 0;
    this.draw();
  }

  sortBy(column) {
    this.sort = { column, down: this.sort?.column === column && !this.sort.down };
    this.root.querySelectorAll("thead th").forEach((th, i) => {
      if (this.shown[i] === column) th.setAttribute("aria-sort", this.sort.down ? "descending" : "ascending");
      else th.removeAttribute("aria-sort");
    });
    this.order();
    this.page = 0;
    this.draw();
  }

  order() {
    const { column, down } = this.sort, order = this.columns[column].order || [];
    const key = t => order.includes(t) ? order.indexOf(t) : /^\d+$/.test(t) ? Number(t) : t;
    const used = [...new Set(this.found.map(row => row[column]))].map(i => [i, key(this.texts[i])]);
    used.sort(([, a], [, b]) => typeof a === typeof b ? (a < b ? -1 : a > b ? 1 : 0) : typeof a === "number" ? -1 : 1);
    const rank = new Map(used.map(([i], n) => [i, n]));
    this.found = this.found.slice().sort((a, b) => (rank.get(a[column]) - rank.get(b[column])) * (down ? -1 : 1));
  }

  turn(by) {
    this.page += by;
    this.draw();
    this.root.querySelector(".wide").scrollIntoView({ block: "start" });
  }

  draw(from = this.page * PAGE, to = from + PAGE) {
    const rows = this.found.slice(from, to);
    this.body.replaceChildren(...rows.map(row => this.row(row)));
    const all = this.rows.length + " " + (this.rows.length === 1 ? this.one : this.many);
    const some = this.found.length === this.rows.length ? all : this.found.length + " of " + all;
    this.status.textContent = some + (rows.length < this.found.length ? ", showing " + (from + 1) + " to " + (from + rows.length) : "");
    this.pages.hidden = this.found.length <= PAGE;
    this.back.disabled = this.page === 0;
    this.forth.disabled = to >= this.found.length;
  }

  row(row) {
    const cells = this.shown.map(i => {
      const text = this.texts[row[i]];
      switch (this.columns[i].kind) {
        case "level": return el("td", { class: text }, el("span", {}, text));
        case "text": return el("td", {}, this.opening(row, text));
      }
      return el("td", {}, text);
    });
    return el("tr", this.link < 0 ? {} : { id: this.texts[row[this.link]] }, ...cells);
  }

  opening(row, text) {
    const parts = this.details.filter(i => this.texts[row[i]]).flatMap(i => {
      const { name, kind } = this.columns[i];
      return [el("dt", {}, name), ...this.values(row, i).map(line =>
        kind === "link" ? el("dd", {}, el("a", { href: "#" + line }, line)) :
        el("dd", { class: kind !== "diff" ? null : line[0] === "-" ? "minus" : line[0] === "+" ? "plus" : null }, line))];
    });
    return parts.length ? el("details", { open: !!this.open }, el("summary", {}, text), el("dl", {}, ...parts)) : text;
  }

  // Shows the row of a fingerprint; false when it is not in this list.
  find(fingerprint) {
    if (this.link < 0) return false;
    const text = this.texts.indexOf(fingerprint);
    const row = text < 0 ? null : this.rows.find(r => r[this.link] === text);
    if (!row) return false;
    if (!this.found.includes(row)) { this.clear(); this.apply(); }
    this.page = Math.floor(this.found.indexOf(row) / PAGE);
    this.draw();
    const tr = document.getElementById(fingerprint);
    const details = tr.querySelector("details");
    if (details) details.open = true;
    tr.classList.add("found");
    tr.scrollIntoView({ block: "center" });
    (tr.querySelector("summary") || tr).focus({ preventScroll: true });
    return true;
  }
}

const lists = new Map();
for (const [id, data] of Object.entries(JSON.parse(document.getElementById("data").textContent))) {
  lists.set(id, new List(id, data, document.querySelector('[data-list="' + id + '"]')));
}

function follow() {
  let fingerprint = location.hash.slice(1);
  try { fingerprint = decodeURIComponent(fingerprint); } catch { /* not one of ours */ }
  if (fingerprint) for (const list of lists.values()) if (list.find(fingerprint)) return;
}
addEventListener("hashchange", follow);
follow();

for (const a of document.querySelectorAll("a[data-choose]")) {
  a.addEventListener("click", () => lists.get(a.hash.slice(1))?.choose(a.dataset.choose));
}

// Paper has no pages to turn: it gets the rows that are chosen, up to a bound.
addEventListener("beforeprint", () => {
  for (const list of lists.values()) list.draw(0, PRINTED);
});
addEventListener("afterprint", () => {
  for (const list of lists.values()) list.draw();
});
