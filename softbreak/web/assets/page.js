// What the pages do beside links and forms: live rows, review by keyboard, a dropped file.
"use strict";
(() => {
  const say = (words) => { const place = document.getElementById("said"); place.textContent = words; setTimeout(() => { if (place.textContent === words) place.textContent = ""; }, 4000); };
  const live = () => {
    const rows = document.getElementById("rows");
    if (document.body.dataset.live !== "yes" || !rows) return;
    const events = new EventSource("/events");
    events.addEventListener("cells", () => {
      if (rows.querySelector("input:checked")) return;
      htmx.ajax("GET", `/rows?${rows.dataset.view}`, { target: rows, swap: "innerHTML" }).then(() => { document.body.dataset.updated = String(Date.now()); });
    });
  };
  const review = () => {
    const form = document.getElementById("answer");
    if (!form) return;
    const stamp = () => { form.elements.key.value = crypto.randomUUID ? crypto.randomUUID() : String(Math.random()).slice(2); };
    const redraw = () => { for (const trace of window.traces || []) if (trace.plot) trace.plot.redraw(); };
    const ends = ["first_cycle", "last_cycle"].map((name) => form.elements[name]);
    const move = (end, by) => { end.value = Math.min(Math.max(Number(end.value) + by, Number(end.min)), Number(end.max)); redraw(); };
    const all = () => { ends[0].value = ends[0].min; ends[1].value = ends[1].max; redraw(); };
    stamp();
    document.getElementById("every").addEventListener("click", all);
    for (const end of ends) end.addEventListener("input", redraw);
    form.addEventListener("htmx:afterRequest", (event) => {
      if (event.detail.successful) { stamp(); say("Stored."); } else say(event.detail.xhr.responseText || "Not stored.");
    });
    document.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const typing = event.target.matches("input:not([type=radio]), select, textarea");
      if (typing) { if (event.key === "Escape") event.target.blur(); return; }
      const state = form.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
      const does = { "[": () => move(ends[0], -1), "]": () => move(ends[0], 1), "{": () => move(ends[1], -1), "}": () => move(ends[1], 1), a: all, j: () => document.getElementById("next").click(), Enter: () => form.requestSubmit() }[event.key];
      if (event.key === "Enter" && event.target.closest("a, button")) return;
      if (state) { state.checked = true; say(state.value.replace("_", " ")); } else if (does) does(); else return;
      event.preventDefault();
    });
  };
  const drop = () => {
    const place = document.getElementById("drop");
    if (!place) return;
    const send = async (file) => {
      const shown = document.getElementById("dropped");
      const posted = (path) => fetch(`${path}?name=${encodeURIComponent(file.name)}`, { method: "POST", body: file, headers: { "content-type": "application/octet-stream" } });
      shown.textContent = `Reading ${file.name} …`;
      const answer = await posted("/drop"), text = await answer.text();
      if (!answer.ok) { shown.textContent = text; return; }
      shown.innerHTML = text;  // our own template, escaped by the server
      const keep = document.getElementById("keep");
      if (keep) keep.addEventListener("click", async () => {
        keep.disabled = true;
        const kept = await posted("/keep"), words = await kept.text();
        keep.parentElement.textContent = words;
        say(words);
      });
    };
    document.getElementById("file").addEventListener("change", (event) => { if (event.target.files[0]) send(event.target.files[0]); });
    for (const name of ["dragover", "dragleave", "drop"]) addEventListener(name, (event) => {
      event.preventDefault();
      place.classList.toggle("over", name === "dragover");
      if (name === "drop" && event.dataTransfer.files[0]) send(event.dataTransfer.files[0]);
    });
  };
  document.addEventListener("DOMContentLoaded", () => { live(); review(); drop(); });
})();
