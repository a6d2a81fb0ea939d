// Trials to look at first: where a long frontier bends, and what came closest where nothing meets the constraints.
import { byId, element, fill } from "./elements.js";
import { fixed } from "./format.js";
import { frontRows } from "./study.js";

const FEW = 8; // trials on a frontier that need no choice among them

export function showOffers(study, update) {
  const front = frontRows(study);
  const offers = front.length > FEW ? study.knees : [];
  fill(
    "knees",
    offers.length && element("p", {}, `Too many to choose from? The frontier's ${front.length} trials bend most at:`),
    buttons(
      study,
      offers,
      update,
      "knee",
      (row) => `${fixed(row.metrics.latency_ms, 1, "ms")}: ${fixed(row.metrics.score, 4)}`,
    ),
  );
  byId("closest").hidden = study.closest.length === 0;
  fill(
    "closest",
    element("p", {}, "No scored trial meets every constraint. These came closest, the least violation first:"),
    buttons(
      study,
      study.closest,
      update,
      "closest",
      (row) => `${row.label}, over by ${Number(row.violation.toPrecision(3))}`,
    ),
  );
}

function buttons(study, numbers, update, kind, textOf) {
  const rows = numbers.map((number) => study.byKey.get(`trial-${number}`)).filter(Boolean);
  return element(
    "p",
    { class: "buttons" },
    rows.map((row) => {
      const text = textOf(row);
      const click = () => update({ selected: row.key });
      const label = `Select ${text.startsWith(row.label) ? text : `${row.label}, ${text}`}`;
      return element(
        "button",
        { type: "button", "data-key": `${kind}-${row.number}`, "aria-label": label, click },
        text,
      );
    }),
  );
}
