// V over t: the stored trace at once, and the extremes of every sample as one zooms in.
"use strict";
(() => {
  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const PALETTE = ["--curve", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#999999", "#8f2412"];
  const SHADES = { soft: "#e69f0055", hard: "#c2452c66", undetermined: "#88888822", healthy: "" };
  const asked = async (url) => {
    const answer = await fetch(url, { headers: { accept: "application/json" } });
    if (!answer.ok) throw new Error(await answer.text());
    return answer.json();
  };
  const nearest = (cycles, time) => {
    let low = 0, high = cycles.begin.length - 1;
    while (low < high) { const mid = (low + high + 1) >> 1; if (cycles.begin[mid] <= time) low = mid; else high = mid - 1; }
    return low;
  };
  class Trace {
    constructor(box) {
      this.box = box;
      this.keys = box.dataset.trace.split(" ").filter(Boolean);
      this.begun = this.begin().catch((error) => { box.textContent = error.message; });
    }
    async begin() {
      const seen = this.box.dataset.states === "yes";
      const one = this.keys.length === 1, names = (this.box.dataset.names || "").split("\n");
      const [cycles, ...traces] = await Promise.all([
        one ? asked(`/cell/${this.keys[0]}/cycles?opinion=${seen}`) : null,
        ...this.keys.map((key) => asked(`/cell/${key}/trace`))]);
      this.cycles = cycles;
      this.whole = this.joined(traces);
      const series = [{ label: "t / h", value: (_, v) => v == null ? "–" : v.toFixed(4) }];
      this.keys.forEach((key, k) => series.push({ label: one ? "V" : names[k] || key, stroke: k ? PALETTE[k] : colour("--curve"), width: 1, points: { show: false }, spanGaps: !one, value: (_, v) => v == null ? "–" : v.toPrecision(5) }));
      const axis = { stroke: colour("--ink"), grid: { stroke: colour("--line"), width: 1 }, ticks: { stroke: colour("--line") } };
      this.plot = new uPlot({
        width: this.box.clientWidth, height: innerWidth < 760 ? 260 : 340, series,
        scales: { x: { time: false } },
        axes: [{ ...axis, label: "Time / h" }, { ...axis, label: `${this.box.dataset.quantity || "Voltage"} / V`, size: 62 }],
        cursor: { drag: { x: true, y: false, setScale: this.box.dataset.mark !== "yes" } },
        hooks: { drawClear: [(u) => this.shade(u)], setScale: [(u, name) => { if (name === "x") this.later(); }], setSelect: [(u) => this.marked(u)] },
      }, this.whole, this.box);
      this.box.dataset.ready = "yes";
      new ResizeObserver(() => this.plot.setSize({ width: this.box.clientWidth, height: this.plot.height })).observe(this.box);
      this.box.addEventListener("keydown", (event) => this.key(event));
      this.plot.over.addEventListener("dblclick", () => this.all());
      for (const button of document.querySelectorAll("[data-zoom]")) button.addEventListener("click", () => this.zoomed(button.dataset.zoom));
    }
    joined(traces) {
      const tables = traces.map((one) => [one.time.map((t) => t / 3600), one.volt]);
      return tables.length === 1 ? tables[0] : uPlot.join(tables);
    }
    all() { this.plot.setData(this.whole); }
    later() {
      if (!this.whole || !this.plot || this.keys.length !== 1) return;
      clearTimeout(this.waiting);
      this.waiting = setTimeout(() => this.detail().catch((error) => { this.say(error.message); }), 40);
    }
    async detail() {
      const { min, max } = this.plot.scales.x, times = this.whole[0];
      if (!times.length || min == null || (min <= times[0] && max >= times[times.length - 1])) return;
      const mark = `${min} ${max}`;
      if (mark === this.detailed) return;
      this.detailed = mark;
      const began = performance.now();
      const pixels = Math.round(this.box.clientWidth * devicePixelRatio);
      const found = await asked(`/cell/${this.keys[0]}/trace?begin=${min * 3600}&end=${max * 3600}&pixels=${pixels}`);
      const now = this.plot.scales.x;
      if (mark !== this.detailed || now.min !== min || now.max !== max) return;  // zoomed on meanwhile
      this.plot.setData([found.time.map((t) => t / 3600), found.volt], false);
      this.plot.setScale("x", { min, max });
      this.box.dataset.detail = found.exact ? "exact" : found.pending ? "pending" : "stored";
      this.box.dataset.milliseconds = String(Math.round(performance.now() - began));
      if (found.pending) { this.detailed = ""; this.waiting = setTimeout(() => this.detail().catch((error) => { this.say(error.message); }), 500); }
      this.say(found.pending ? "The samples are being read: this is the stored trace." : found.exact ? "Every sample of this stretch was looked at." : "The files are not at hand: this is the stored trace.");
    }
    say(words) { const place = document.getElementById("exact"); if (place) place.textContent = words; }
    shade(u) {
      const c = this.cycles;
      if (!c) return;
      const { ctx, bbox } = u;
      ctx.save();
      const band = (from, to, fill) => { const a = Math.max(u.valToPos(from / 3600, "x", true), bbox.left), b = Math.min(u.valToPos(to / 3600, "x", true), bbox.left + bbox.width); if (b > a) { ctx.fillStyle = fill; ctx.fillRect(a, bbox.top, b - a, bbox.height); } };
      for (let k = 0; k < c.state.length; ) { let last = k; while (last + 1 < c.state.length && c.state[last + 1] === c.state[k]) last++; if (SHADES[c.state[k]]) band(c.begin[k], c.end[last], SHADES[c.state[k]]); k = last + 1; }
      const range = this.range();
      if (range) band(c.begin[range[0]], c.end[range[1]], "#0b5c9433");
      ctx.restore();
    }
    range() {
      const form = document.getElementById("answer");
      if (this.box.dataset.mark !== "yes" || !form || !this.cycles.cycle.length) return null;
      const at = (name) => this.cycles.cycle.indexOf(Number(form.elements[name].value));
      const [first, last] = [at("first_cycle"), at("last_cycle")];
      return first < 0 || last < first ? null : [first, last];
    }
    marked(u) {
      const form = document.getElementById("answer");
      if (this.box.dataset.mark !== "yes" || !form || u.select.width < 3) return;
      const ends = [u.select.left, u.select.left + u.select.width].map((x) => u.posToVal(x, "x") * 3600);
      form.elements.first_cycle.value = this.cycles.cycle[nearest(this.cycles, ends[0])];
      form.elements.last_cycle.value = this.cycles.cycle[nearest(this.cycles, ends[1])];
      u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
      u.redraw();
    }
    key(event) { if (this.zoomed(event.key)) event.preventDefault(); }
    zoomed(key) {
      const { min, max } = this.plot.scales.x, span = max - min, middle = (min + max) / 2;
      const to = { "+": [middle - span / 4, middle + span / 4], "-": [middle - span, middle + span], ArrowLeft: [min - span / 4, max - span / 4], ArrowRight: [min + span / 4, max + span / 4] }[key];
      if (key === "0") this.all();
      else if (to) this.plot.setScale("x", { min: to[0], max: to[1] });
      return key === "0" || Boolean(to);
    }
  }
  document.addEventListener("DOMContentLoaded", () => { window.traces = [...document.querySelectorAll("[data-trace]")].map((box) => new Trace(box)); });
})();
