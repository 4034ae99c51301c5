"use strict";
const night = matchMedia("(prefers-color-scheme: dark)");
const narrow = matchMedia("(max-width: 700px)");
const shades = { "#1c2733": "#e6eaee", "#5b6874": "#a3afba", "#dfe4e8": "#34404b", "#ffffff": "#14191f",
  "#0b5c94": "#7cc0ee", "#b35f00": "#f0a860", "#f1f7fb": "#1a2731", "#f4f4f4": "#20262d",
  "#fdf0d2": "#3a2e14", "#f3dad3": "#41211b" };
// colours of series darken in time on paper; at night they must lighten
const lightened = (colour) => {
  if (!/^#[0-9a-f]{6}$/.test(colour)) return colour;
  if (shades[colour]) return shades[colour];
  const parts = [1, 3, 5].map((k) => parseInt(colour.slice(k, k + 2), 16));
  const light = (0.3 * parts[0] + 0.59 * parts[1] + 0.11 * parts[2]) / 255;
  const share = light < 0.45 ? 0.75 - light : 0;
  return `#${parts.map((part) => Math.round(part + (255 - part) * share).toString(16).padStart(2, "0")).join("")}`;
};
const recoloured = (value, key) => {
  if (typeof value === "string" && /color/i.test(key)) return lightened(value);
  if (Array.isArray(value)) return value.map((item) => recoloured(item, key));
  if (value && typeof value === "object") {
    const bars = value.type === "bar"; // states keep their colours
    return Object.fromEntries(Object.entries(value).map(([name, item]) =>
      [name, bars && name === "marker" ? item : recoloured(item, name)]));
  }
  return value;
};
const fitted = (layout) => {
  if (!narrow.matches) return layout;
  return { ...layout, margin: { ...layout.margin, l: 58, r: 10 }, font: { ...layout.font, size: 11 },
    legend: { ...layout.legend, y: -0.24, font: { size: 10 } } };
};
const drawn = () => {
  for (const box of document.querySelectorAll("[data-figure]")) {
    const told = JSON.parse(document.getElementById(box.dataset.figure).textContent);
    const figure = night.matches ? recoloured(told, "") : told;
    Plotly.react(box, figure.data, fitted(figure.layout),
      { responsive: true, displaylogo: false, modeBarButtonsToRemove: ["select2d", "lasso2d"] });
  }
};
drawn();
night.addEventListener("change", drawn);
narrow.addEventListener("change", drawn);
addEventListener("beforeprint", () => {
  for (const details of document.querySelectorAll("details")) details.open = true;
});
