// A study's document as rows: one object for each trial and each reference, with all that is known of it.
import { isNumber, modelName } from "./format.js";

// The document with `rows`, `references` (rows likewise) and `byKey`, every row by its key.
export function readStudy(document) {
  const rows = readRows(document, document.trials, (number) => ({
    key: `trial-${number}`,
    label: `trial ${number}`,
    role: null,
  }));
  document.trials.role.forEach((role, position) => (rows[position].role = role));
  const references = readRows(document, document.references, (number, position) => ({
    key: `reference-${position}`,
    label: modelName(document.references.name[position]),
    name: document.references.name[position],
    role: "reference",
  }));
  const byKey = new Map([...rows, ...references].map((row) => [row.key, row]));
  return { ...document, rows, references, byKey };
}

// The rows that meet every constraint and have a score.
export function feasible(study) {
  return study.rows.filter((row) => row.role === "front" || row.role === "dominated");
}

export function frontRows(study) {
  return study.frontier.map((number) => study.byKey.get(`trial-${number}`));
}

// The row of the highest score within a latency, of equal ones the quickest: the rule of the picks. Null without one.
export function bestWithin(rows, milliseconds) {
  let best = null;
  for (const row of rows) {
    const { score, latency_ms: latency } = row.metrics;
    if (!isNumber(score) || latency > milliseconds) {
      continue;
    }
    if (!best || score > best.metrics.score || (score === best.metrics.score && latency < best.metrics.latency_ms)) {
      best = row;
    }
  }
  return best;
}

export function scoredReferences(study) {
  return study.references.filter((row) => isNumber(row.metrics.score));
}

// The architecture as `paretobert` reads it.
export function architectureOf(row) {
  const { table, position } = row;
  const [hidden_size, stages] = table.sizes[position];
  const named = stages.map((sizes) => Object.fromEntries(table.stage_fields.map((name, i) => [name, sizes[i]])));
  return { hidden_size, stages: named, ...(table.others[position] ?? table.same) };
}

export function numBlocks(architecture) {
  return architecture.stages.reduce((sum, stage) => sum + stage.num_blocks, 0);
}

// The mean of a stage's field over blocks.
export function meanOverBlocks(architecture, field) {
  const total = architecture.stages.reduce((sum, stage) => sum + stage.num_blocks * stage[field], 0);
  return total / numBlocks(architecture);
}

// By part, the milliseconds of a row's latency, the largest first; null where the latency model has no parts.
export function breakdownOf(row) {
  const { breakdown } = row.table.costs;
  if (!breakdown) {
    return null;
  }
  const parts = Object.entries(breakdown).map(([name, column]) => ({ name, ms: column[row.position] }));
  return parts.filter((part) => part.ms > 0).sort((a, b) => b.ms - a.ms);
}

// What of a row lies beyond the data of the latency model, as texts; null where that is not known.
export function outsideOf(row) {
  const { outside } = row.table.costs;
  return outside && outside.rows[row.position].map((text) => outside.texts[text]);
}

// The standard error or mean error of a row's latency, in milliseconds; null where unknown.
export function latencyError(study, row) {
  const { latency_std_ms: deviations } = row.table.costs;
  if (deviations) {
    return deviations[row.position];
  }
  return study.latency_error ? study.latency_error.mean * row.metrics.latency_ms : null;
}

// How far a row's score may move: with the seed where that was measured, else with the held-out examples, else null.
export function scoreError(study, row) {
  return study.seed_deviation ?? row.metrics.score_standard_error ?? null;
}

function readRows(document, table, own) {
  const metrics = Object.entries(table.metrics);
  return table.number.map((number, position) => {
    const row = { table, position, number, state: table.state[position], metrics: {}, ...own(number, position) };
    for (const [name, column] of metrics) {
      row.metrics[name] = column[position];
    }
    row.violation = table.violation[position];
    row.seconds = table.seconds[position];
    row.reason = table.reasons[table.reason[position]];
    row.nearest = table.nearest[position];
    return row;
  });
}
