// The main figure: score against latency, or any two quantities of the trials.
import { byId, element, fill } from "./elements.js";
import { fixed, isNumber } from "./format.js";
import { picksOf } from "./picks.js";
import { place, ringTrace, scoredTraces, unscoredTraces } from "./points.js";
import { AXES, axisTitle, quantity } from "./quantities.js";
import { frontRows } from "./study.js";
import { axis, color, halo, layout, narrow, scaled, SETTINGS } from "./theme.js";

const ROOFLINE = { x: "intensity", y: "rate" };
const MARGIN = 0.06; // of an axis, beyond its outermost points
const REACH = 0.3; // of the scored trials' span: unscored ones so far beyond them are in the first view

export function listenToFigure(study, update) {
  const options = (names) => names.map((name) => element("option", { value: name }, quantity(name).label));
  fill("axis-x", options([...AXES, "intensity"]));
  fill("axis-y", options([...AXES, "rate"]));
  const fields = { "axis-x": "x", "axis-y": "y", precision: "precision" };
  for (const [id, field] of Object.entries(fields)) {
    byId(id).addEventListener("change", ({ target }) => update({ [field]: target.value }));
  }
  byId("bars").addEventListener("change", ({ target }) => update({ bars: target.checked }));
  byId("frontier-view").addEventListener("click", () => update({ x: "latency_ms", y: "score" }));
  byId("roofline-view").addEventListener("click", () => update(ROOFLINE));
  byId("figure").addEventListener("keydown", (event) => step(event, update));
}

export function showFigure(study, state, update) {
  byId("axis-x").value = state.x;
  byId("axis-y").value = state.y;
  showPrecisions(study, state);
  const precisions = state.precision === "both" ? Object.keys(study.trials.costs.latency_ms) : [state.precision];
  const scored = precisions.map((precision) => scoredTraces(study, state, precision));
  const traces = scored.flatMap((group) => group.traces);
  const unscored = unscoredTraces(study, state);
  const plot = byId("plot");
  byId("plot-empty").hidden = traces.length > 0;
  byId("figure").hidden = traces.length === 0;
  if (traces.length) {
    const rings = ringTrace(study, state, precisions[0], pickRings(study, state), "pick");
    const selected = study.byKey.get(state.selected);
    const ring = ringTrace(study, state, precisions[0], selected ? [{ row: selected, text: "" }] : [], "selected");
    Plotly.react(plot, [...traces, ...unscored, rings, ring], figureLayout(study, state, traces, unscored), SETTINGS);
    plot.removeAllListeners("plotly_click");
    plot.on("plotly_click", ({ points }) => points[0].customdata && update({ selected: points[0].customdata }));
  }
  showCaption(study, state, scored, unscored);
}

function showPrecisions(study, state) {
  const known = Object.keys(study.trials.costs.latency_ms);
  const own = study.configuration.precision;
  const choices = known.length > 1 ? [...known, "both"] : [own];
  fill(
    "precision",
    choices.map((name) => element("option", { value: name }, name)),
  );
  byId("precision").value = state.precision;
}

function pickRings(study, state) {
  const sizes = new Map();
  for (const { size, row } of picksOf(study, state)) {
    if (row) {
      sizes.set(row, [...(sizes.get(row) ?? []), size]);
    }
  }
  return [...sizes].map(([row, names]) => ({ row, text: names.join(", ") }));
}

function figureLayout(study, state, traces, unscored) {
  const strip = unscored.length ? 0.05 + 0.055 * unscored.length : 0;
  const own = state.precision === "both" ? "both precisions" : state.precision;
  const isLog = (name) => (quantity(name).log ? "log" : "linear");
  const [x, y] = ["x", "y"].map((name) => traces.flatMap((trace) => trace[name]));
  const lines = guides(study, state, strip, x, y);
  return layout({
    uirevision: `${state.x} ${state.y} ${state.precision}`,
    legend: {
      orientation: "h",
      x: 0,
      y: 1.05,
      yanchor: "bottom",
      ...(narrow.matches && { entrywidth: 0.45, entrywidthmode: "fraction" }),
    },
    xaxis: {
      ...axis(axisTitle(study, state.x, own)),
      type: isLog(state.x),
      range: range(xInView(x, unscored), isLog(state.x)),
      anchor: strip ? "y2" : "y",
    },
    yaxis: {
      ...axis(axisTitle(study, state.y, own)),
      type: isLog(state.y),
      range: range([...y, ...lines.y], isLog(state.y)),
      domain: [strip, 1],
    },
    yaxis2: { ...axis(""), domain: [0, Math.max(0, strip - 0.04)], type: "category", fixedrange: true },
    shapes: lines.shapes,
    annotations: lines.annotations,
  });
}

// Lines beside the points: the budgets, the baseline without context, the roof.
function guides(study, state, strip, x, y) {
  const [shapes, annotations, shownY] = [[], [], []];
  const dotted = (ends) =>
    shapes.push({ type: "line", layer: "below", line: { dash: "dot", width: 1, color: color("quiet") }, ...ends });
  const note = (text, at) =>
    annotations.push({
      text,
      showarrow: false,
      font: { size: scaled(11), color: color("quiet"), shadow: halo() },
      ...at,
    });
  if (state.x === "latency_ms" && state.precision === study.configuration.precision) {
    for (const { size, budget } of picksOf(study, state)) {
      if (isNumber(budget)) {
        dotted({ x0: budget, x1: budget, yref: "paper", y0: strip, y1: 1 });
        note(size, { x: budget, yref: "paper", y: 1, yanchor: "bottom" });
      }
    }
  }
  const [low, high] = [Math.min(...y), Math.max(...y)];
  if (state.y === "score" && isNumber(study.baseline) && study.baseline > low && study.baseline < high) {
    dotted({ xref: "paper", x0: 0, x1: 1, y0: study.baseline, y1: study.baseline });
    note("without context", { xref: "paper", x: 1, xanchor: "right", y: study.baseline, yanchor: "bottom" });
  }
  if (state.y === "rate" && isNumber(study.peak_multiply_adds_per_ms)) {
    const roof = study.peak_multiply_adds_per_ms * quantity("rate").factor;
    dotted({ xref: "paper", x0: 0, x1: 1, y0: roof, y1: roof });
    note("utilization 1", { xref: "paper", x: 1, xanchor: "right", y: Math.log10(roof), yanchor: "bottom" });
    shownY.push(roof);
  }
  return { shapes, annotations, y: shownY };
}

function xInView(scored, unscored) {
  const [low, high] = [Math.min(...scored), Math.max(...scored)];
  const reach = REACH * (high - low);
  const others = unscored.flatMap((trace) => trace.x);
  return [...scored, ...others.filter((value) => value >= low - reach && value <= high + reach)];
}

function range(values, type) {
  const onAxis = type === "log" ? values.map(Math.log10) : values;
  const low = onAxis.reduce((a, b) => Math.min(a, b));
  const high = onAxis.reduce((a, b) => Math.max(a, b));
  const margin = MARGIN * (high - low) || 0.1 * Math.abs(high) || 1;
  return [low - margin, high + margin];
}

function showCaption(study, state, scored, unscored) {
  const leftOut = scored.reduce((sum, group) => sum + group.leftOut, 0);
  const better = study.plane && state.x === "latency_ms" && state.y === "score" ? "Up and to the left is better. " : "";
  const roof =
    state.y === "rate"
      ? "The dotted roof is the rate of a utilization of 1; no profile says how fast the device's memory is, so there is no slope. "
      : "";
  const bars = state.bars ? `${barsMeaning(study, state)} ` : "";
  const strip = unscored.length
    ? "Below stand trials without a score; a double-click shows those outside the first view. "
    : "";
  const few = leftOut
    ? `Of the trials beside the frontier, ${fixed(leftOut, 0)} are not drawn; the table has them. `
    : "";
  const infeasible = study.left_out ? `${fixed(study.left_out, 0)} more infeasible trials are not on this page.` : "";
  fill("caption", `${better}${roof}${bars}${strip}${few}${infeasible}`);
}

function barsMeaning(study, state) {
  const said = [];
  if (state.x === "latency_ms" || state.y === "latency_ms") {
    said.push(
      study.trials.costs.latency_std_ms
        ? "one standard error of the latency"
        : study.latency_error
          ? "the latency model's mean error"
          : "nothing for latency, whose error is not known",
    );
  }
  if (state.x === "score" || state.y === "score") {
    said.push(
      isNumber(study.seed_deviation)
        ? "one deviation of the score between seeds"
        : "one standard error of the score over held-out examples, where it is known",
    );
  }
  return said.length ? `Bars are ${said.join(" and ")}.` : "";
}

// Arrow keys walk along the frontier and the published models, by the x axis; with Shift along every trial.
function step(event, update) {
  const moves = { ArrowRight: 1, ArrowLeft: -1 };
  const move = moves[event.key];
  if (!move && event.key !== "Home" && event.key !== "End") {
    return;
  }
  event.preventDefault();
  update(({ study, state }) => {
    const precision = state.precision === "both" ? study.configuration.precision : state.precision;
    const at = (row) => place(study, row, state.x, precision);
    const every = event.shiftKey ? [...study.rows, ...study.references] : [...frontRows(study), ...study.references];
    const known = every.filter((row) => isNumber(at(row)) && isNumber(place(study, row, state.y, precision)));
    known.sort((a, b) => at(a) - at(b));
    const now = known.findIndex((row) => row.key === state.selected);
    const next = event.key === "Home" ? 0 : event.key === "End" ? known.length - 1 : now < 0 ? 0 : now + move;
    const chosen = known[Math.max(0, Math.min(known.length - 1, next))];
    return chosen ? { selected: chosen.key } : {};
  });
}
