// The page of one study: reads its document, from the file or again and again from the server, and shows every part.
import { firstBudget, listenToBudget, showAnswer } from "./answer.js";
import { listenToBeside } from "./beside.js";
import { showImportance, showParallel } from "./decisions.js";
import { showDetails } from "./details.js";
import { byId, element, fill } from "./elements.js";
import { listenToFigure, showFigure } from "./figure.js";
import { fixed, NOTHING } from "./format.js";
import { showOffers } from "./offers.js";
import { listenToPicks, showPicks } from "./picks.js";
import { showProgress } from "./progress.js";
import { showProvenance } from "./provenance.js";
import { bestWithin, feasible, readStudy } from "./study.js";
import { filtered, listenToTable, showTable, tableStart } from "./table.js";
import { onThemeChange } from "./theme.js";
import { showTrust } from "./trust.js";

const POLL_MS = 2000;

let study = null;
let text = "";
let state = {
  ...tableStart,
  selected: null,
  budget: null,
  budgets: {},
  x: "latency_ms",
  y: "score",
  precision: null,
  bars: true,
};

// Each part, and the fields of the state that it shows beside the study; parts without any change with the study alone.
const parts = [
  { fields: [], show: showHead },
  { fields: ["budget"], show: () => showAnswer(study, state, update) },
  { fields: ["selected", "budgets", "x", "y", "precision", "bars"], show: () => showFigure(study, state, update) },
  { fields: [], show: () => showOffers(study, update) },
  { fields: ["selected", "beside"], show: () => showDetails(study, state) },
  { fields: ["budgets"], show: () => showPicks(study, state, update) },
  { fields: [], show: () => showTrust(study) },
  { fields: [], show: () => showImportance(study) },
  { fields: ["selected", "filter"], show: () => showParallel(study, state, filtered(study, state), update) },
  { fields: [], show: () => showProgress(study) },
  {
    fields: ["selected", "filter", "sort", "columns", "rowsShown"],
    show: () => showTable(study, state, filtered(study, state), update),
  },
  { fields: [], show: () => showProvenance(study) },
];

// Changes the state and shows the parts that it touches. A change is an object of fields, or a function that makes one
// from { study, state }. `look` scrolls to the selected architecture.
function update(change) {
  const { look = false, ...fields } = typeof change === "function" ? change({ study, state }) : change;
  state = { resetBudget: null, ...state, ...fields };
  for (const part of parts) {
    if (part.fields.some((field) => field in fields)) {
      part.show();
    }
  }
  if (fields.selected) {
    fill("announcement", `Selected ${study.byKey.get(fields.selected).label}`);
  }
  if (look) {
    byId("selected").scrollIntoView({ behavior: "auto", block: "start" });
    byId("selected").focus({ preventScroll: true });
  }
  state.resetBudget = null;
}

function show(document_) {
  const isFirst = study === null;
  study = readStudy(document_);
  if (isFirst) {
    state.precision = study.configuration.precision;
    listenToBudget(update);
    listenToFigure(study, update);
    listenToBeside(update);
    listenToPicks(study, update);
    listenToTable(update);
    onThemeChange(() => parts.forEach((part) => part.show()));
    byId("loading").hidden = true;
    byId("main").hidden = false;
  }
  state.budget ??= firstBudget(study);
  state.selected ??=
    (bestWithin(feasible(study), state.budget) ?? feasible(study)[0] ?? study.references[0])?.key ?? null;
  parts.forEach((part) => part.show());
}

function showHead() {
  document.title = `${study.study} · ParetoBERT`;
  fill("title", study.study);
  fill("device", study.configuration.device);
  const scores = feasible(study).map((row) => row.metrics.score);
  const best = scores.length
    ? fixed(
        scores.reduce((a, b) => Math.max(a, b)),
        4,
      )
    : NOTHING;
  fill(
    "facts",
    fact("trials evaluated", fixed(study.evaluated, 0), ` of ${fixed(study.trials_asked, 0)}`),
    fact("on the frontier", fixed(study.frontier.length, 0)),
    fact("best score", best),
    fact("objectives", study.objectives.join(", "), "", "words"),
    study.constraints.length ? fact("constraints", study.constraints.join(", "), "", "words") : null,
  );
  const unfinished = study.evaluated < study.trials_asked;
  fill(
    "notices",
    study.ended
      ? element("p", { class: "notice" }, element("strong", {}, "The study ended early. "), study.ended)
      : unfinished &&
          element(
            "p",
            { class: "notice" },
            element("strong", {}, "The study is not finished. "),
            url ? "This page follows it." : "This page shows the trials so far.",
          ),
  );
}

function fact(term, value, more = "", className = null) {
  return element(
    "div",
    {},
    element("dt", {}, term),
    element("dd", { class: className }, value, more && element("span", { class: "quiet" }, more)),
  );
}

async function follow(url) {
  try {
    const response = await fetch(url, { cache: "no-cache" });
    const answer = await response.text();
    if (!response.ok) {
      throw new Error(answer || response.statusText);
    }
    if (answer !== text) {
      show(JSON.parse(answer));
      text = answer;
    }
    byId("trouble").hidden = true;
  } catch (error) {
    fill("trouble", `The study cannot be read at the moment (${error.message}). This page keeps trying.`);
    byId("trouble").hidden = false;
  }
  setTimeout(follow, POLL_MS, url);
}

const { url } = document.body.dataset;
if (url) {
  follow(url);
} else {
  show(JSON.parse(byId("document").textContent));
}
