// Which decision moves score and latency: shares of explained variation, and every trial as a line over its decisions.
import { bar } from "./details.js";
import { byId, element, fill, plotText } from "./elements.js";
import { fixed, isNumber, NOTHING } from "./format.js";
import { hoverText } from "./hover.js";
import { DECISIONS, quantity, valueOf } from "./quantities.js";
import { color, hoverLabel, layout, narrow, scaled, SETTINGS } from "./theme.js";

const AXES = ["score", "latency_ms", "parameters", ...DECISIONS];
const MOST_LINES = 1000; // of trials that are not on the frontier
const LINE = { dominated: 1, front: 2, selected: 4 };

export function showImportance(study) {
  const { score, latency_ms: latency } = study.importance;
  if (!score && !latency) {
    fill("importance", element("p", { class: "empty" }, "Too few scored trials to say which decision moves what."));
    return;
  }
  const names = (score ?? latency).decisions.map(({ decision }) => decision);
  const find = (of, decision) => of?.decisions.find((each) => each.decision === decision);
  fill(
    "importance",
    element(
      "table",
      { class: "bars" },
      element(
        "thead",
        {},
        element(
          "tr",
          {},
          element("th", { scope: "col" }, "decision"),
          heads(score, "score"),
          heads(latency, "latency"),
        ),
      ),
      element(
        "tbody",
        {},
        names.map((decision) =>
          element(
            "tr",
            {},
            element("th", { scope: "row" }, decision),
            cells(find(score, decision), "score"),
            cells(find(latency, decision), "latency"),
          ),
        ),
      ),
    ),
  );
}

function heads(found, name) {
  const trials = found ? ` (${fixed(found.trials, 0)} trials)` : "";
  return element("th", { scope: "col", colspan: 2 }, `share of ${name}'s variation${trials}`);
}

function cells(found, className) {
  if (!found) {
    return [element("td", { class: "number" }, NOTHING), element("td")];
  }
  const trend = Math.abs(found.trend) < 0.1 || found.share < 0.005 ? "" : found.trend > 0 ? " ↑" : " ↓";
  const spoken = trend === "" ? "" : found.trend > 0 ? ", rising with it" : ", falling with it";
  const number = element(
    "td",
    { class: "number" },
    `${fixed(100 * found.share, 0, "%")}${trend}`,
    element("span", { class: "visually-hidden" }, spoken),
  );
  return [number, bar(found.share, className)];
}

// The rows that the table's filter lets through, as lines over `AXES`.
export function showParallel(study, state, rows, update) {
  const scored = rows.filter((row) => isNumber(row.metrics.score));
  byId("parallel-figure").hidden = scored.length === 0;
  byId("parallel-empty").hidden = scored.length > 0;
  if (!scored.length) {
    return;
  }
  const scales = AXES.map((name) => scaleOf(scored, name));
  const selected = study.byKey.get(state.selected);
  const step = Math.max(1, Math.ceil(scored.length / MOST_LINES));
  const traces = [
    lines(
      "dominated",
      scored.filter((row, i) => row.role !== "front" && i % step === 0),
      scales,
    ),
    lines(
      "front",
      scored.filter((row) => row.role === "front"),
      scales,
    ),
    lines("selected", selected && isNumber(selected.metrics.score) ? [selected] : [], scales),
  ];
  const plot = byId("parallel");
  Plotly.react(plot, traces, parallelLayout(scales), SETTINGS);
  plot.removeAllListeners("plotly_click");
  plot.on("plotly_click", ({ points }) => points[0].customdata && update({ selected: points[0].customdata }));
}

function scaleOf(rows, name) {
  const values = rows.map((row) => valueOf(row, name)).filter(isNumber);
  const low = values.reduce((a, b) => Math.min(a, b), Infinity);
  const high = values.reduce((a, b) => Math.max(a, b), -Infinity);
  return { name, low, high, at: (row) => (high > low ? (valueOf(row, name) - low) / (high - low) : 0.5) };
}

// One trace for all lines of a kind, a gap after each.
function lines(kind, rows, scales) {
  const name = { dominated: "other trials", front: "frontier", selected: "selected" }[kind];
  const shade = color(kind);
  return {
    type: "scatter",
    mode: kind === "dominated" ? "lines" : "lines+markers",
    name,
    x: rows.flatMap(() => [...scales.keys(), null]),
    y: rows.flatMap((row) => [...scales.map((scale) => scale.at(row)), null]),
    customdata: rows.flatMap((row) => [...scales.map(() => row.key), null]),
    hovertext: rows.flatMap((row) => [...Array(scales.length).fill(hoverText(row, "")), ""]),
    hovertemplate: "%{hovertext}<extra></extra>",
    hoverlabel: hoverLabel(kind === "selected" ? "front" : kind),
    line: { width: LINE[kind], color: shade },
    opacity: kind === "dominated" ? 0.35 : 1,
    marker: { size: 5, color: shade },
    cliponaxis: false,
  };
}

function parallelLayout(scales) {
  const quiet = color("quiet");
  const ends = scales.flatMap(({ name, low, high }, x) => {
    const { digits } = quantity(name);
    const at = (value, y, yanchor) => ({
      x,
      y,
      yanchor,
      text: fixed(value, Math.min(digits, 2)),
      showarrow: false,
      font: { size: scaled(10), color: quiet },
    });
    return [at(high, 1.02, "bottom"), at(low, -0.02, "top")];
  });
  return layout({
    margin: { l: 24, r: 24, t: 40, b: 24 },
    showlegend: true,
    legend: { orientation: "h", x: 0, y: 1.12, yanchor: "bottom" },
    dragmode: false,
    xaxis: {
      tickvals: [...scales.keys()],
      ticktext: scales.map(({ name }) => plotText(titled(quantity(name))).replace(" ", "<br>")),
      tickangle: narrow.matches ? 90 : 0,
      tickfont: { color: color("text"), size: scaled(narrow.matches ? 11 : 12) },
      gridcolor: color("rule"),
      zeroline: false,
      fixedrange: true,
      ticklabelstandoff: 18,
      automargin: true,
    },
    yaxis: { visible: false, range: [-0.08, 1.08], fixedrange: true },
    annotations: ends,
  });
}

function titled({ label, unit }) {
  return unit ? `${label} (${unit})` : label;
}
