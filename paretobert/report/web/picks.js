// The picks XS, S and M: the best score within a budget that can be changed here, beside the published model of its size.
import { howMuchBetter, howSure } from "./comparison.js";
import { drawArchitectures } from "./drawing.js";
import { badge, byId, element, fill } from "./elements.js";
import { fixed, isNumber, modelName, NOTHING } from "./format.js";
import { written } from "./quantities.js";
import { architectureOf, bestWithin, feasible } from "./study.js";

const ROWS = [
  ["score", "score"],
  ["latency", "latency_ms"],
  ["utilization", "utilization"],
  ["parameters", "parameters"],
];

// Of each size: its budget in milliseconds, whether that was changed here, and the row; null without one.
export function picksOf(study, state) {
  const rows = feasible(study);
  return Object.keys(study.pick_models).map((size) => {
    const budget = state.budgets[size] ?? study.latency_budgets_ms[size];
    return { size, budget, changed: size in state.budgets, row: isNumber(budget) ? bestWithin(rows, budget) : null };
  });
}

export function listenToPicks(study, update) {
  for (const size of Object.keys(study.pick_models)) {
    byId(`budget-${size}`).addEventListener("input", ({ target }) => {
      const value = Number(target.value);
      target.setAttribute("aria-invalid", String(!(value > 0)));
      if (value > 0) {
        update(({ state }) => ({ budgets: { ...state.budgets, [size]: value } }));
      }
    });
    byId(`reset-${size}`).addEventListener("click", () => {
      byId(`budget-${size}`).focus();
      update(({ state }) => ({
        budgets: Object.fromEntries(Object.entries(state.budgets).filter(([name]) => name !== size)),
        resetBudget: size,
      }));
    });
  }
}

export function showPicks(study, state, update) {
  for (const pick of picksOf(study, state)) {
    showCard(study, state, pick, update);
  }
}

function showCard(study, state, { size, budget, changed, row }, update) {
  const input = byId(`budget-${size}`);
  if (document.activeElement !== input || state.resetBudget === size) {
    input.value = isNumber(budget) ? Number(budget.toFixed(2)) : "";
  }
  byId(`reset-${size}`).hidden = !changed;
  const name = study.pick_models[size];
  const published = study.published.find((each) => each.name === name);
  const reference = study.references.find((each) => each.name === name);
  fill(`meaning-${size}`, meaning(study, size, budget, changed, name));
  const columns = [
    { label: row ? row.label : "none yet", row, architecture: row && architectureOf(row) },
    {
      label: modelName(name).replace("MobileBERT-", ""),
      row: reference ?? { metrics: { parameters: published.parameters } },
      architecture: published.architecture,
    },
  ];
  const drawings = drawArchitectures(columns.filter(({ architecture }) => architecture));
  if (!row) {
    drawings.unshift(null);
  }
  fill(
    `card-${size}`,
    cardTable(columns, drawings),
    row && said(study, row, reference),
    row && lookButton(size, row, update),
  );
}

function meaning(study, size, budget, changed, name) {
  if (changed) {
    return "your budget";
  }
  if (size in study.configuration.latency_budgets_ms) {
    return "the study's budget";
  }
  return isNumber(budget)
    ? `what ${modelName(name)} takes`
    : `no budget: ${modelName(name)} is no reference of this study`;
}

function cardTable(columns, drawings) {
  const line = (title, of) =>
    element(
      "tr",
      {},
      element("th", { scope: "row" }, title),
      columns.map((each) => element("td", {}, of(each))),
    );
  return element(
    "table",
    {},
    element(
      "thead",
      {},
      element(
        "tr",
        {},
        element("td"),
        columns.map(({ label }) => element("th", { scope: "col" }, label)),
      ),
    ),
    element(
      "tbody",
      {},
      element(
        "tr",
        { class: "drawn" },
        element("td"),
        drawings.map((drawing) => element("td", {}, drawing)),
      ),
      ROWS.map(([title, metric]) => line(title, ({ row }) => (row ? written(row, metric) : NOTHING))),
      line("hidden size", ({ architecture }) => (architecture ? fixed(architecture.hidden_size, 0) : NOTHING)),
      [
        ["blocks", "num_blocks"],
        ["bottleneck", "bottleneck_size"],
        ["heads", "num_attention_heads"],
        ["intermediate", "intermediate_size"],
        ["feed-forwards", "num_feedforward"],
      ].map(([title, field]) =>
        line(title, ({ architecture }) =>
          architecture ? architecture.stages.map((stage) => stage[field]).join(", ") : NOTHING,
        ),
      ),
    ),
  );
}

function said(study, row, reference) {
  if (!reference || !isNumber(reference.metrics.score)) {
    return element("p", { class: "quiet" }, "This study has no score of the published model.");
  }
  const { verdict, sentence } = howSure(study, row, reference);
  const words = { sure: "probably real", unsure: "unsure", tie: "a tie", unknown: "not known" };
  return [
    element("p", {}, howMuchBetter(row, reference)),
    element("p", {}, badge(verdict, words[verdict]), ` ${sentence}`),
  ];
}

function lookButton(size, row, update) {
  return element(
    "p",
    {},
    element(
      "button",
      { type: "button", "data-key": `look-${size}`, click: () => update({ selected: row.key, look: true }) },
      `Look at ${row.label}`,
    ),
  );
}
