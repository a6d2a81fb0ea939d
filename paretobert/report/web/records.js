// Trials as flat records, in the columns of `paretobert.load_study(...).trials()`, as CSV and as JSON.
import { architectureOf, numBlocks } from "./study.js";

const MAX_STAGES = 4;
const FIRST = ["number", "state"];
const LAST = ["violation", "seed", "budget", "seconds", "reason"];

export function recordColumns(study) {
  const stages = Array.from({ length: MAX_STAGES }, (_, i) =>
    study.trials.stage_fields.map((name) => `stage${i + 1}.${name}`),
  );
  const sizes = ["hidden_size", "num_blocks", ...stages.flat()];
  const taken = new Set([...FIRST, ...sizes, ...LAST]);
  const metrics = Object.keys(study.trials.metrics).map((name) => (taken.has(name) ? `metrics.${name}` : name));
  return [...FIRST, ...metrics, ...sizes, ...LAST];
}

// A row's values by column; what it does not have is null.
export function recordOf(row) {
  const architecture = architectureOf(row);
  const record = { number: row.number, state: row.state };
  const { table, position } = row;
  const own = { hidden_size: architecture.hidden_size, num_blocks: numBlocks(architecture) };
  architecture.stages.forEach((stage, i) => {
    for (const [name, value] of Object.entries(stage)) {
      own[`stage${i + 1}.${name}`] = value;
    }
  });
  for (const name of LAST) {
    own[name] = name === "reason" ? row.reason : table[name][position];
  }
  for (const [name, value] of Object.entries(row.metrics)) {
    record[name in own || name in record ? `metrics.${name}` : name] = value;
  }
  return { ...record, ...own };
}

// Comma-separated values, a header first (RFC 4180). A text that a spreadsheet would take for a formula gets an
// apostrophe, as it advises: reasons are text from elsewhere.
export function toCsv(columns, records) {
  const lines = records.map((record) => columns.map((name) => cell(record[name])).join(","));
  return `${[columns.map(cell).join(","), ...lines].join("\r\n")}\r\n`;
}

export function toJson(columns, records) {
  const whole = records.map((record) => Object.fromEntries(columns.map((name) => [name, record[name] ?? null])));
  return `${JSON.stringify(whole, null, 1)}\n`;
}

function cell(value) {
  if (value === null || value === undefined) {
    return "";
  }
  const text = typeof value === "string" && /^[=+\-@\t\r]/.test(value) ? `'${value}` : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
