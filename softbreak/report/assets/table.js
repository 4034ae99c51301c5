"use strict";
(() => {
  const { rows, states, fills } = JSON.parse(document.getElementById("rows").textContent);
  const PAGE = 100;
  const columns = [
    ["Rank", "rank", "n"], ["Cell", "cell", "cell"], ["State", "state", ""],
    ["Over its life", null, ""], ["Onset / h", "onset", "n"], ["ηₑ", "eta", "n"],
    ["Cycles", "cycles", "n"], ["In a sentence", "words", "words"],
  ];
  for (const row of rows) row.text = `${row.cell} ${row.words}`.toLowerCase();
  const body = document.querySelector("#cells tbody");
  let key = "rank", up = true, page = 0, shown = rows;
  const wanted = new Set(states);

  const element = (tag, text, name) => {
    const made = document.createElement(tag);
    if (text !== undefined) made.textContent = text;
    if (name) made.className = name;
    return made;
  };
  const head = document.createElement("tr");
  for (const [label, field] of columns) {
    const cell = element("th");
    if (field) {
      const button = element("button", label);
      button.title = "Sort";
      button.onclick = () => { up = key === field ? !up : true; key = field; update(); };
      button.dataset.field = field;
      cell.append(button);
    } else cell.textContent = label;
    head.append(cell);
  }
  document.querySelector("#cells thead").append(head);

  for (const state of states) {
    const count = rows.filter((row) => row.state === state).length;
    if (!count) continue;
    const button = element("button", `${state} ${count}`, `chip ${state}`);
    button.setAttribute("aria-pressed", "true");
    button.onclick = () => {
      if (wanted.has(state)) wanted.delete(state); else wanted.add(state);
      button.setAttribute("aria-pressed", String(wanted.has(state)));
      update();
    };
    document.getElementById("states").append(button, " ");
  }

  const dark = matchMedia("(prefers-color-scheme: dark)");
  dark.addEventListener("change", () => draw());
  const strip = (packed) => {
    const canvas = element("canvas", undefined, "strip");
    canvas.width = 240; canvas.height = 32;
    canvas.title = "States from the first to the last cycle";
    const runs = [...packed.matchAll(/([a-zA-Z])(\d+)/g)].map((m) => [m[1], Number(m[2])]);
    const total = runs.reduce((sum, run) => sum + run[1], 0) || 1;
    const pen = canvas.getContext("2d");
    let left = 0;
    for (const [letter, count] of runs) {
      const width = 240 * count / total;
      pen.fillStyle = letter === "u" && dark.matches ? "#14191f" : fills[letter];
      pen.fillRect(left, 0, Math.max(width, 1), 32);
      if (letter === "u") {
        pen.fillStyle = dark.matches ? "#a3afba" : "#5b6874";
        for (let x = left + 3; x < left + width; x += 8) pen.fillRect(x, 15, 3, 3);
      }
      left += width;
    }
    return canvas;
  };

  const quoted = (text) => (/^[\w.\/-]+$/.test(text) ? text : `'${text.replace(/'/g, "'\\''")}'`);
  const command = document.getElementById("command");
  const begin = command ? command.textContent.replace(/NAME$/, "") : "";
  const wish = (name) => {
    if (!command) return document.createTextNode(name);
    const button = element("button", name, "wish");
    button.title = "Has no page yet: show the command that makes it";
    button.onclick = () => {
      command.textContent = begin + quoted(name);
      document.getElementById("which").textContent = "(run it beside the folder of results, then reload)";
      document.getElementById("make").scrollIntoView({ block: "nearest" });
    };
    return button;
  };

  const draw = () => {
    body.replaceChildren();
    for (const row of shown.slice(page * PAGE, (page + 1) * PAGE)) {
      const line = document.createElement("tr");
      for (const [label, field, name] of columns) {
        const cell = element("td", undefined, name);
        if (["onset", "eta", "cycles", "rank"].includes(field)) cell.dataset.is = label;
        if (field === "cell") {
          if (row.page) { const link = element("a", row.cell); link.href = row.page; cell.append(link); }
          else cell.append(wish(row.cell));
        } else if (field === "state") {
          cell.append(element("span", row.state, `chip ${row.state}`));
          if (row.passed) cell.append(" a short passed");
        }
        else if (field === null) cell.append(strip(row.strip));
        else cell.textContent = row[`${field}_text`] ?? row[field] ?? "–";
        line.append(cell);
      }
      body.append(line);
    }
    const pages = document.getElementById("pages");
    pages.replaceChildren();
    const last = Math.ceil(shown.length / PAGE) - 1;
    if (last > 0) {
      for (const [label, step] of [["Previous", -1], ["Next", 1]]) {
        const button = element("button", label, "page");
        button.disabled = page + step < 0 || page + step > last;
        button.onclick = () => { page += step; draw(); };
        pages.append(button);
      }
      pages.append(`Page ${page + 1} of ${last + 1}`);
    }
    document.getElementById("shown").textContent = `${shown.length} of ${rows.length} cells`;
  };

  const update = () => {
    const words = document.getElementById("find").value.toLowerCase().split(/\s+/).filter(Boolean);
    shown = rows.filter((row) => wanted.has(row.state)
      && words.every((word) => row.text.includes(word)));
    const direction = up ? 1 : -1;
    shown.sort((a, b) => {
      const [x, y] = [a[key], b[key]];
      if (x === null || y === null) return (x === null) - (y === null);
      return direction * (x < y ? -1 : x > y ? 1 : 0);
    });
    for (const button of document.querySelectorAll("#cells th button")) {
      const sorted = button.dataset.field === key;
      button.textContent = button.textContent.replace(/ [▲▼]$/, "") + (sorted ? (up ? " ▲" : " ▼") : "");
    }
    page = 0;
    draw();
  };
  document.getElementById("find").oninput = update;
  update();
})();
