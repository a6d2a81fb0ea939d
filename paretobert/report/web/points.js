// The main figure's points: groups of rows with a place in the plane of two quantities.
import { plotText } from "./elements.js";
import { isNumber } from "./format.js";
import { hoverText } from "./hover.js";
import { valueOf } from "./quantities.js";
import { latencyError, scoreError } from "./study.js";
import { color, halo, hoverLabel, marker, narrow, scaled } from "./theme.js";

// Most points drawn of trials that are not on the frontier; a browser is slow with more. The frontier is always whole.
const MOST_DRAWN = 3000;
const MANY = 200; // points that lie upon each other
const NAMES = { dominated: "dominated", violating: "violates a constraint", front: "frontier", reference: "published" };
const UNSCORED = ["infeasible", "pruned", "failed"];

// Traces of the groups that have both quantities, and how many rows were left out.
export function scoredTraces(study, state, precision) {
  const traces = [];
  let leftOut = 0;
  for (const role of Object.keys(NAMES)) {
    const all = (role === "reference" ? study.references : study.rows.filter((row) => row.role === role))
      .map((row) => ({ row, x: place(study, row, state.x, precision), y: place(study, row, state.y, precision) }))
      .filter(({ x, y }) => isNumber(x) && isNumber(y));
    const points = role === "front" || role === "reference" ? all : thinned(all);
    leftOut += all.length - points.length;
    if (points.length) {
      points.sort((a, b) => a.x - b.x);
      traces.push(trace(study, state, role, points, precision));
    }
  }
  return { traces, leftOut };
}

// Traces of rows without a score, along the x axis, and their kinds.
export function unscoredTraces(study, state) {
  const traces = [];
  if (state.y === "score" && state.precision === study.configuration.precision) {
    for (const role of UNSCORED) {
      const points = thinned(study.rows.filter((row) => row.role === role && isNumber(valueOf(row, state.x))));
      if (points.length) {
        traces.push({
          type: "scatter",
          mode: "markers",
          name: role,
          x: points.map((row) => valueOf(row, state.x)),
          y: points.map(() => role),
          yaxis: "y2",
          ...labels(points, role, ""),
          marker: marker(role),
          showlegend: false,
        });
      }
    }
  }
  return traces;
}

// A ring around some rows, with a text at each.
export function ringTrace(study, state, precision, ringed, role) {
  const points = ringed
    .map(({ row, text }) => ({
      text,
      x: place(study, row, state.x, precision),
      y: place(study, row, state.y, precision),
    }))
    .filter(({ x, y }) => isNumber(x) && isNumber(y));
  const isSelection = role === "selected";
  return {
    type: "scatter",
    mode: "markers+text",
    name: role,
    x: points.map(({ x }) => x),
    y: points.map(({ y }) => y),
    text: points.map(({ text }) => `<b>${plotText(text)}</b>`),
    textposition: isSelection ? "bottom right" : "top left",
    textfont: { size: scaled(13), color: color(isSelection ? "selected" : "text"), shadow: halo() },
    marker: {
      symbol: isSelection ? "square-open" : "circle-open",
      size: isSelection ? 20 : 19,
      color: color(isSelection ? "selected" : "text"),
      line: { width: isSelection ? 2 : 1.5, color: color(isSelection ? "selected" : "text") },
    },
    hoverinfo: "skip",
    cliponaxis: false,
  };
}

// Where a row stands on an axis; at the study's own precision with all digits.
export function place(study, row, name, precision) {
  return valueOf(row, name, precision === study.configuration.precision ? null : precision);
}

function trace(study, state, role, points, precision) {
  const isStaircase = role === "front" && study.plane && state.x === "latency_ms" && state.y === "score";
  const isNamed = role === "reference";
  const own = study.configuration.precision;
  const isOther = precision !== own;
  const faint = isOther && state.precision === "both";
  return {
    type: "scatter",
    mode: isStaircase ? "lines+markers" : isNamed ? "markers+text" : "markers",
    name: state.precision === "both" ? `${NAMES[role]}, ${precision}` : NAMES[role],
    x: points.map(({ x }) => x),
    y: points.map(({ y }) => y),
    text: isNamed
      ? points.map(({ row }) => plotText(row.label.replace(narrow.matches ? "MobileBERT-EdgeTPU-" : "MobileBERT-", "")))
      : undefined,
    textposition: points.map(({ row }) => (row.name === "mobilebert" ? "top center" : "bottom center")),
    textfont: { size: scaled(11), color: color("quiet"), shadow: halo() },
    ...labels(
      points.map(({ row }) => row),
      role,
      isOther ? ` (${own})` : "",
    ),
    line: { shape: "hv", width: 1.5, color: color("front"), dash: faint ? "dot" : "solid" },
    marker: faint ? { ...marker(role), symbol: `${marker(role).symbol.replace("-open", "")}-open` } : marker(role),
    ...errorBars(study, state, role, points, isOther),
    opacity: points.length > MANY && role !== "front" && role !== "reference" ? 0.5 : 1,
    cliponaxis: false,
  };
}

function labels(rows, role, precision) {
  return {
    customdata: rows.map((row) => row.key),
    hovertext: rows.map((row) => hoverText(row, precision)),
    hovertemplate: "%{hovertext}<extra></extra>",
    hoverlabel: hoverLabel(role),
  };
}

function errorBars(study, state, role, points, isOther) {
  if (!state.bars || (role !== "front" && role !== "reference")) {
    return {};
  }
  const own = { type: "data", thickness: 1, width: 0, color: color(role) };
  const of = {
    latency_ms: (row) => (isOther ? null : latencyError(study, row)),
    score: (row) => scoreError(study, row),
  };
  const bars = {};
  for (const [axis, name] of [
    ["error_x", state.x],
    ["error_y", state.y],
  ]) {
    const array = of[name] && points.map(({ row }) => of[name](row));
    if (array && array.every(isNumber)) {
      bars[axis] = { ...own, array };
    }
  }
  return bars;
}

// Evenly chosen ones of too many.
function thinned(points) {
  const step = points.length / MOST_DRAWN;
  return step <= 1 ? points : Array.from({ length: MOST_DRAWN }, (_, i) => points[Math.floor(i * step)]);
}
