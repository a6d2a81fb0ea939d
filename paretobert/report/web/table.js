// The table of trials: sorted by a click on a heading, filtered, in the columns of one's choice.
import { save } from "./copying.js";
import { byId, element, fill } from "./elements.js";
import { fixed, isNumber, NOTHING } from "./format.js";
import { filterOf } from "./filter.js";
import { quantity, written } from "./quantities.js";
import { recordColumns, recordOf, toCsv, toJson } from "./records.js";

const PAGE = 50; // rows at first, and more at each asking
const SHOWN = ["state", "score", "latency_ms", "utilization", "parameters", "hidden_size", "num_blocks"];
// What became of complete trials, in a word.
const ENDS = { front: "on the frontier", dominated: "dominated", violating: "violates a constraint" };
const WRITTEN = new Set([
  "score",
  "latency_ms",
  "utilization",
  "parameters",
  "multiply_adds",
  "peak_memory_bytes",
  "seconds",
]);

export const tableStart = { columns: SHOWN, sort: { name: "number", rising: true }, filter: "", rowsShown: PAGE };

// The rows that the filter lets through. A filter that cannot be read lets all through and says why.
export function filtered(study, state) {
  const problem = byId("filter-problem");
  let holds = () => true;
  problem.hidden = true;
  try {
    holds = filterOf(state.filter, ["role", ...recordColumns(study)]);
  } catch (error) {
    problem.textContent = error.message;
    problem.hidden = false;
  }
  byId("filter").setAttribute("aria-invalid", String(!problem.hidden));
  return state.filter ? study.rows.filter((row) => holds({ role: row.role, ...recordOf(row) })) : study.rows;
}

export function listenToTable(update) {
  byId("filter").addEventListener("input", ({ target }) => update({ filter: target.value, rowsShown: PAGE }));
  byId("more").addEventListener("click", () => update(({ state }) => ({ rowsShown: state.rowsShown + 4 * PAGE })));
  byId("csv").addEventListener("click", () =>
    update(({ study, state }) => saved(study, state, "csv", "text/csv", toCsv)),
  );
  byId("json").addEventListener("click", () =>
    update(({ study, state }) => saved(study, state, "json", "application/json", toJson)),
  );
}

export function showTable(study, state, rows, update) {
  const known = recordColumns(study).filter((name) => name !== "number");
  showChoice(known, state, update);
  const columns = ["number", ...known.filter((name) => state.columns.includes(name))];
  const ordered = sorted(rows, state.sort);
  const shown = ordered.slice(0, state.rowsShown);
  const numeric = new Set(
    columns.slice(1).filter((name) => shown.some(({ record }) => typeof record[name] === "number")),
  );
  fill(
    "trial-heads",
    columns.map((name) => heading(name, numeric.has(name), state, update)),
  );
  fill(
    "trial-rows",
    shown.map(({ row, record }) => tableRow(row, record, columns, numeric, state, update)),
  );
  const total = `${fixed(rows.length, 0)} of ${fixed(study.rows.length, 0)} trials`;
  fill("table-count", shown.length < rows.length ? `${total}, the first ${fixed(shown.length, 0)} shown` : total);
  byId("more").hidden = shown.length === rows.length;
}

function saved(study, state, suffix, type, written) {
  const records = sorted(filtered(study, state), state.sort).map(({ record }) => record);
  save(`${study.study}-trials.${suffix}`, written(recordColumns(study), records), type);
  return {};
}

function showChoice(known, state, update) {
  const toggle =
    (name) =>
    ({ target }) =>
      update(({ state: now }) => ({
        columns: target.checked ? [...now.columns, name] : now.columns.filter((each) => each !== name),
      }));
  fill(
    "columns",
    known.map((name) =>
      element(
        "label",
        {},
        element("input", {
          type: "checkbox",
          "data-key": `column-${name}`,
          checked: state.columns.includes(name),
          change: toggle(name),
        }),
        ` ${name}`,
      ),
    ),
  );
}

// Rows with their records, by a column; what has no value comes last.
function sorted(rows, { name, rising }) {
  const sign = rising ? 1 : -1;
  const has = (value) => value !== null && value !== undefined && value !== "";
  const compare = (a, b) => (typeof a === "string" ? a.localeCompare(b) : a - b);
  return rows
    .map((row) => ({ row, record: recordOf(row) }))
    .sort(({ record: a }, { record: b }) => {
      const [left, right] = [a[name], b[name]];
      if (!has(left) || !has(right)) {
        return Number(has(right)) - Number(has(left)) || a.number - b.number;
      }
      return sign * compare(left, right) || a.number - b.number;
    });
}

function heading(name, isNumeric, state, update) {
  const isSorted = state.sort.name === name;
  const arrow = isSorted ? (state.sort.rising ? " ↑" : " ↓") : "";
  const { unit } = quantity(name);
  const click = () => update({ sort: { name, rising: isSorted ? !state.sort.rising : true } });
  return element(
    "th",
    {
      scope: "col",
      class: isNumeric ? "number" : null,
      "aria-sort": isSorted ? (state.sort.rising ? "ascending" : "descending") : "none",
    },
    element(
      "button",
      { type: "button", "data-key": `sort-${name}`, click, title: unit ? `in ${unit}` : null },
      `${name}${arrow}`,
    ),
  );
}

function tableRow(row, record, columns, numeric, state, update) {
  const isSelected = row.key === state.selected;
  const button = element(
    "button",
    {
      type: "button",
      "data-key": `row-${row.number}`,
      "aria-label": `Select ${row.label}`,
      "aria-pressed": String(isSelected),
      click: () => update({ selected: row.key, look: true }),
    },
    row.number,
  );
  const [, ...others] = columns;
  return element(
    "tr",
    { class: isSelected ? `selected ${row.role}` : row.role },
    element("th", { scope: "row" }, button),
    others.map((name) =>
      element(
        "td",
        { class: numeric.has(name) ? "number" : name === "reason" ? "prose" : null },
        cellText(row, record, name),
      ),
    ),
  );
}

function cellText(row, record, name) {
  if (name === "state") {
    return ENDS[row.role] ?? row.state;
  }
  if (WRITTEN.has(name)) {
    return written(row, name);
  }
  const value = record[name];
  return isNumber(value)
    ? Number(value.toPrecision(6)).toLocaleString("en", {
        useGrouping: Math.abs(value) >= 1e4,
        maximumSignificantDigits: 6,
      })
    : (value ?? NOTHING);
}
