// How far to trust this: question by question, and what longer training said.
import { copied } from "./copying.js";
import { badge, byId, element, fill, plotText } from "./elements.js";
import { fixed, isNumber, modelName } from "./format.js";
import { axis, hoverLabel, layout, marker, SETTINGS } from "./theme.js";

export function showTrust(study) {
  fill(
    "questions",
    study.trust.map(({ question, status, sentences, command }) =>
      element(
        "div",
        {},
        element("dt", {}, question),
        element(
          "dd",
          {},
          element("p", {}, badge(status, status), " ", sentences.join(" ")),
          command && copied(command),
        ),
      ),
    ),
  );
  showVerification(study.verification);
  showPublished(study);
}

function showVerification(found) {
  byId("verification-figure").hidden = !found;
  if (!found) {
    return;
  }
  const groups = { search: ["front", "trials of this study"], reference: ["reference", "published"] };
  const traces = Object.entries(groups).map(([kind, [role, name]]) => {
    const rows = found.trials.filter((row) => row.kind === kind && isNumber(row.retrained_score));
    const label = (row) => (kind === "search" ? `trial ${row.number}` : modelName(row.name));
    return {
      type: "scatter",
      mode: "markers",
      name,
      x: rows.map((row) => row.score),
      y: rows.map((row) => row.retrained_score),
      hovertext: rows.map(
        (row) => `<b>${plotText(label(row))}</b><br>${fixed(row.score, 4)}, then ${fixed(row.retrained_score, 4)}`,
      ),
      hovertemplate: "%{hovertext}<extra></extra>",
      hoverlabel: hoverLabel(role),
      marker: marker(role),
    };
  });
  const own = { legend: { orientation: "h", x: 0, y: 1.05, yanchor: "bottom" } };
  Plotly.react(
    byId("verification"),
    traces,
    layout({ ...own, xaxis: axis("score of the search"), yaxis: axis(`score after ${fixed(found.budget, 0)} steps`) }),
    SETTINGS,
  );
}

function showPublished(study) {
  fill(
    "published-rows",
    study.published.map((model) => {
      const row = study.references.find(({ name }) => name === model.name);
      const cells = [
        row?.metrics.score === undefined ? null : fixed(row.metrics.score, 4),
        fixed(row?.metrics.latency_ms, 2),
        fixed(model.latency_ms.int8, 1),
        fixed(model.latency_ms.float, 1),
        fixed(model.squad_f1.int8, 2),
        fixed(model.squad_f1.float, 2),
        fixed(model.parameters / 1e6, 2),
      ];
      return element(
        "tr",
        {},
        element("th", { scope: "row" }, modelName(model.name)),
        cells.map((text) => element("td", { class: "number" }, text ?? "–")),
      );
    }),
  );
}
