// The selected architecture: drawn, beside another one, and where its time goes.
import { besideOf, comparisonTable, showChoice } from "./beside.js";
import { latencyCaveats } from "./comparison.js";
import { copied, copyButton, saveButton } from "./copying.js";
import { drawArchitectures } from "./drawing.js";
import { element, fill } from "./elements.js";
import { fixed } from "./format.js";
import { architectureOf, breakdownOf } from "./study.js";

export function showDetails(study, state) {
  showChoice(study, state);
  const row = study.byKey.get(state.selected);
  if (!row) {
    fill("details", element("p", { class: "empty" }, "No trial is selected: choose a point, or a row of the table."));
    return;
  }
  const own = architectureOf(row);
  const other = besideOf(study, state, row);
  const both = [{ label: row.label, architecture: own, row }, ...(other ? [other] : [])];
  const json = () => `${JSON.stringify(own, null, 2)}\n`;
  fill(
    "details",
    heading(row),
    element("div", { class: "drawings" }, figures(both)),
    element(
      "p",
      { class: "quiet" },
      "To one scale: a bar is a block, as tall as its bottleneck is wide, within its intermediate size (pale, one line for each feed-forward network), before the hidden size (band).",
    ),
    element(
      "div",
      { class: "columns" },
      comparisonTable(both),
      element("div", {}, latencyPart(study, row), nextPart(study, row, json)),
    ),
  );
}

function heading(row) {
  const roles = {
    front: "on the frontier",
    dominated: "beaten by another trial",
    violating: "violates a constraint",
    reference: "published",
  };
  const reason = row.reason ? element("p", { class: "notice" }, row.reason) : null;
  return [element("h3", { class: "selected" }, `${row.label}, ${roles[row.role] ?? row.role}`), reason];
}

function figures(both) {
  const drawings = drawArchitectures(both);
  return both.map(({ label }, i) => element("figure", {}, drawings[i], element("figcaption", {}, label)));
}

function latencyPart(study, row) {
  const parts = breakdownOf(row);
  const caveats = element("p", {}, latencyCaveats(study, row).join(" "));
  if (!parts) {
    return [
      element("h4", {}, "Where the time goes"),
      element(
        "p",
        { class: "empty" },
        "Not known: only the analytical latency model that this study was made with is a sum of parts.",
      ),
      caveats,
    ];
  }
  const total = parts.reduce((sum, { ms }) => sum + ms, 0);
  return [
    element("h4", {}, "Where the time goes"),
    element(
      "table",
      { class: "bars" },
      element(
        "tbody",
        {},
        parts.map(({ name, ms }) =>
          element(
            "tr",
            {},
            element("th", { scope: "row" }, name),
            element("td", { class: "number" }, fixed(ms, 2, "ms")),
            bar(ms / total),
          ),
        ),
      ),
    ),
    caveats,
  ];
}

export function bar(share, className = "") {
  const filled = element("i", { class: className });
  filled.style.width = `${100 * share}%`;
  return element("td", { class: "bar", "aria-hidden": "true" }, filled);
}

function nextPart(study, row, json) {
  const file = `${row.key}.json`;
  return [
    element("h4", {}, "Take it along"),
    element(
      "p",
      { class: "buttons" },
      copyButton(json, "Copy architecture"),
      saveButton(`Save ${file}`, () => file, json, "application/json"),
    ),
    study.architecture_steps.map(({ command, why }) => copied(command.replace("ARCHITECTURE.json", file), why)),
    element("p", { class: "quiet" }, study.training),
  ];
}
