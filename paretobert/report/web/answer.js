// The first thing that a reader wants to know: which model within so many milliseconds, how much better than the
// published one, how sure that is, and what to run next.
import { afterLongerTraining, howMuchBetter, howSure, latencyCaveats, rivalOf, scaleOfScores } from "./comparison.js";
import { copied } from "./copying.js";
import { badge, byId, element, fill } from "./elements.js";
import { fixed, isNumber } from "./format.js";
import { bestWithin, feasible, outsideOf, scoredReferences } from "./study.js";

// The latency that is asked for before anybody has said one: that of the smallest published model, as a whole number.
export function firstBudget(study) {
  const known = Object.values(study.latency_budgets_ms).filter(isNumber);
  const latencies = feasible(study)
    .map((row) => row.metrics.latency_ms)
    .sort((a, b) => a - b);
  const start = known.length ? Math.min(...known) : latencies[Math.floor(latencies.length / 2)];
  return isNumber(start) ? Math.ceil(start) : 10;
}

export function listenToBudget(update) {
  byId("budget").addEventListener("input", ({ target }) => {
    const value = Number(target.value);
    target.setAttribute("aria-invalid", String(!(value > 0)));
    if (value > 0) {
      update({ budget: value });
    }
  });
}

export function showAnswer(study, state, update) {
  const input = byId("budget");
  if (document.activeElement !== input) {
    input.value = state.budget;
  }
  fill("score-in-short", study.score_in_short);
  const rows = feasible(study);
  const best = bestWithin(rows, state.budget);
  fill("answer", best ? answered(study, best, rows, state, update) : unanswered(study, rows));
}

function unanswered(study, rows) {
  if (!rows.length) {
    const why = study.evaluated ? "No scored trial meets the constraints yet." : "Nothing has been scored yet.";
    return [element("p", { class: "empty" }, why), study.next_steps.map(({ command, why }) => copied(command, why))];
  }
  const quickest = rows.reduce((a, b) => (a.metrics.latency_ms <= b.metrics.latency_ms ? a : b));
  return element(
    "p",
    { class: "empty" },
    `None: the quickest scored trial, ${quickest.label}, takes ${fixed(quickest.metrics.latency_ms, 2, "ms")}.`,
  );
}

function answered(study, best, rows, state, update) {
  const rival = rivalOf(scoredReferences(study), state.budget);
  const choice = rows.filter((row) => row.metrics.latency_ms <= state.budget).length;
  const show = element(
    "button",
    { type: "button", "data-key": "answer-show", click: () => update({ selected: best.key, look: true }) },
    `Look at ${best.label}`,
  );
  const { score, latency_ms: latency, parameters } = best.metrics;
  const which = `${fixed(score, 4)} in score, ${fixed(latency, 2, "ms")}, ${fixed(parameters / 1e6, 1, "M")} parameters. `;
  return element(
    "dl",
    { class: "answers" },
    row(
      "The model",
      element("p", {}, element("strong", {}, capital(best.label)), `: ${which}`, show),
      beaten(best, rival, state.budget),
    ),
    row(
      "How much better than the published one?",
      element("p", {}, better(rival, best)),
      rival && paragraph(scaleOfScores(study), "quiet"),
    ),
    row("How sure is that?", sure(study, best, rival, choice, state.budget)),
    row(
      "What do I run next?",
      study.next_steps.map(({ command, why }) => copied(command, why)),
    ),
  );
}

// The honest answer where a published model within the latency scores higher than every trial.
function beaten(best, rival, budget) {
  const isBeaten = rival && rival.metrics.latency_ms <= budget && rival.metrics.score > best.metrics.score;
  return isBeaten && paragraph(`${rival.label} scores higher within this latency: the search has not beaten it yet.`);
}

function better(rival, best) {
  return rival
    ? howMuchBetter(best, rival)
    : "Not known: this study scored no published model (the field references of its configuration names them).";
}

function sure(study, best, rival, choice, budget) {
  const ranking = study.trust.find(({ topic }) => topic === "ranking");
  const lucky = choice > 1 ? ` It is the best of ${fixed(choice, 0)} scores, which chance favours.` : "";
  const verdict = rival && howSure(study, best, rival);
  const words = { sure: "Probably real", unsure: "Unsure", tie: "A tie", unknown: "Not known" };
  return [
    verdict && point("Score", verdict.verdict, words[verdict.verdict], verdict.sentence + lucky),
    point(
      "Longer training",
      ranking.status,
      ranking.status,
      rival && afterLongerTraining(study, best, rival),
      ranking.sentences.slice(0, 2).join(" "),
    ),
    point("Latency", ...latencyBadge(study, best), latencyCaveats(study, best, budget).join(" ")),
    element("p", {}, element("a", { href: "#trust" }, "How far to trust all this")),
  ];
}

function latencyBadge(study, row) {
  const kind = study.latency_source === "measured" ? "measured" : outsideOf(row)?.length ? "extrapolated" : "predicted";
  return [kind, kind];
}

function point(what, kind, word, ...sentences) {
  return element(
    "p",
    {},
    element("strong", {}, `${what} `),
    badge(kind, word),
    ` ${sentences.filter(Boolean).join(" ")}`,
  );
}

function paragraph(text, className) {
  return text && element("p", { class: className }, text);
}

function row(term, ...description) {
  return element("div", {}, element("dt", {}, term), element("dd", {}, description));
}

function capital(text) {
  return text[0].toUpperCase() + text.slice(1);
}
