// How the study came along: what the frontier was worth and the best score, time a trial, and why trials have no score.
import { byId, element, fill } from "./elements.js";
import { count, duration, fixed, isNumber } from "./format.js";
import { axis, color, layout, SETTINGS } from "./theme.js";

const STATES = {
  complete: "scored",
  pruned: "ended early by the evaluator",
  infeasible: "broke a constraint before evaluation, so never scored",
  failed: "could not be scored",
  running: "being evaluated when this was written",
  waiting: "proposed, not begun",
};

export function showProgress(study) {
  const { evaluated, hypervolume, best_score: best } = study.progress;
  small("hypervolume", evaluated, hypervolume, "hypervolume", "hv");
  small("best-score", evaluated, best, "best score", "hv");
  const timed = study.rows.filter((row) => isNumber(row.seconds));
  small(
    "seconds",
    timed.map((row) => row.number),
    timed.map((row) => row.seconds),
    "seconds a trial",
    null,
  );
  fill("progress-words", inWords(study, timed));
  showStates(study);
  showReasons(study);
}

function small(id, x, y, title, shape) {
  const plot = byId(id);
  const known = y.some(isNumber);
  plot.parentElement.hidden = !known;
  if (!known) {
    return;
  }
  const trace = {
    type: "scatter",
    mode: shape ? "lines" : "markers",
    x,
    y,
    line: { shape: shape ?? "linear", width: 2, color: color("front") },
    marker: { size: 5, color: color("dominated") },
    hovertemplate: "%{y:.5g} at %{x}<extra></extra>",
  };
  const own = { margin: { l: 48, r: 8, t: 8, b: 40 }, dragmode: false, showlegend: false };
  const fixedAxis = (text) => ({ ...axis(text), fixedrange: true });
  Plotly.react(
    plot,
    [trace],
    layout({
      ...own,
      xaxis: fixedAxis(shape ? "evaluated trials" : "trial"),
      yaxis: { ...fixedAxis(title), tickformat: ".4~g" },
    }),
    { ...SETTINGS, displayModeBar: false },
  );
}

function inWords(study, timed) {
  const total = timed.reduce((sum, row) => sum + row.seconds, 0);
  const time = timed.length
    ? ` Evaluations took ${duration(total)} in all, ${duration(total / timed.length)} each.`
    : "";
  if (!isNumber(study.hypervolume)) {
    return `The hypervolume is not known: no reference trial gives it a corner to be measured from.${time}`;
  }
  const corner = Object.entries(study.reference_point)
    .map(([metric, value]) => `${metric} ${Number(value.toPrecision(4))}`)
    .join(", ");
  return `Hypervolume ${Number(study.hypervolume.toPrecision(4))}: what the frontier dominates up to ${corner}, in the product of the objectives' units. Larger is better; it compares studies whose corners are equal.${time}`;
}

function showStates(study) {
  const states = Object.keys(STATES).filter((state) => study.counts[state]);
  fill(
    "states",
    states.length
      ? states.map((state) =>
          element("li", {}, element("strong", {}, `${fixed(study.counts[state], 0)} ${state}`), `: ${STATES[state]}`),
        )
      : element("li", {}, "No trial has been proposed yet."),
  );
}

function showReasons(study) {
  byId("reasons-part").hidden = study.reasons.length === 0;
  fill(
    "reasons",
    study.reasons.map(({ state, text, count: number, trials }) =>
      element(
        "tr",
        {},
        element("td", {}, state),
        element("td", { class: "number" }, fixed(number, 0)),
        element("td", { class: "prose" }, text),
        element("td", { class: "prose" }, trials),
      ),
    ),
  );
  byId("reasons-part").setAttribute("aria-label", `Why trials have no score: ${count(study.reasons.length, "reason")}`);
}
