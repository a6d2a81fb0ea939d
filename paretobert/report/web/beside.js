// What stands beside the selected architecture: the nearest published model, another one, or any trial of the frontier.
import { byId, element, fill } from "./elements.js";
import { fixed, modelName, NOTHING } from "./format.js";
import { quantity, written } from "./quantities.js";
import { architectureOf, frontRows } from "./study.js";

const NEAREST = "nearest";
const STAGE_FIELDS = [
  ["blocks", "num_blocks"],
  ["bottleneck size", "bottleneck_size"],
  ["attention heads", "num_attention_heads"],
  ["intermediate size", "intermediate_size"],
  ["feed-forward networks", "num_feedforward"],
];
const OTHER_FIELDS = [
  "hidden_size",
  "embedding_size",
  "vocab_size",
  "max_positions",
  "type_vocab_size",
  "activation",
  "normalization",
  "key_query_shared_bottleneck",
];
const METRICS = ["score", "latency_ms", "utilization", "parameters", "multiply_adds", "peak_memory_bytes"];

export function listenToBeside(update) {
  byId("beside").addEventListener("change", ({ target }) => update({ beside: target.value }));
}

export function showChoice(study, state) {
  const option = (value, text) => element("option", { value }, text);
  const chosen = study.byKey.get(state.beside); // may have left the frontier meanwhile
  fill(
    "beside",
    option(NEAREST, "the nearest published model"),
    study.published.map(({ name }) => option(name, modelName(name))),
    [...new Set([...frontRows(study), ...(chosen ? [chosen] : [])])].map((row) =>
      option(row.key, `${row.label}, ${written(row, "latency_ms")}`),
    ),
  );
  byId("beside").value = state.beside ?? NEAREST;
}

// { label, architecture, row } of what is to stand beside a row, null where that is itself; the row of a published model
// that is no reference of the study is undefined.
export function besideOf(study, state, row) {
  const other = study.byKey.get(state.beside);
  if (other) {
    return other === row ? null : { label: other.label, architecture: architectureOf(other), row: other };
  }
  const wanted = state.beside && state.beside !== NEAREST ? state.beside : row.nearest;
  const published = study.published.find(({ name }) => name === wanted);
  const reference = study.references.find(({ name }) => name === wanted);
  return row.name === wanted
    ? null
    : { label: modelName(wanted), architecture: published.architecture, row: reference };
}

export function comparisonTable(both) {
  const line = (name, of) =>
    element(
      "tr",
      {},
      element("th", { scope: "row" }, name),
      both.map((each) => element("td", {}, of(each))),
    );
  const head = element(
    "tr",
    {},
    element("td"),
    both.map(({ label }) => element("th", { scope: "col" }, label)),
  );
  return element(
    "div",
    { class: "scroll", role: "region", "aria-label": "The selected architecture beside another", tabindex: 0 },
    element(
      "table",
      { class: "beside" },
      element("thead", {}, head),
      element(
        "tbody",
        {},
        METRICS.map((name) => line(quantity(name).label, ({ row }) => (row ? written(row, name) : NOTHING))),
        STAGE_FIELDS.map(([name, field]) =>
          line(name, ({ architecture }) => architecture.stages.map((s) => s[field]).join(", ")),
        ),
        OTHER_FIELDS.map((field) => line(field.replaceAll("_", " "), ({ architecture }) => said(architecture[field]))),
      ),
    ),
  );
}

function said(value) {
  return typeof value === "boolean"
    ? value
      ? "yes"
      : "no"
    : typeof value === "number"
      ? fixed(value, 0)
      : value.replaceAll("_", " ");
}
