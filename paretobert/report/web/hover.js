// What a point says of its trial, in the small markup that plotly reads.
import { plotText } from "./elements.js";
import { fixed, isNumber } from "./format.js";
import { written } from "./quantities.js";
import { architectureOf } from "./study.js";

const LONGEST_REASON = 60;

export function hoverText(row, precision) {
  const { score, score_standard_error: error } = row.metrics;
  const architecture = architectureOf(row);
  const lines = [`latency ${written(row, "latency_ms")}${precision}, utilization ${written(row, "utilization")}`];
  if (isNumber(score)) {
    lines.unshift(`score ${fixed(score, 4)}${isNumber(error) ? ` ± ${fixed(error, 4)}` : ""}`);
  }
  lines.push(`${written(row, "parameters")} parameters, hidden size ${architecture.hidden_size}`);
  for (const stage of architecture.stages) {
    // two short lines each: a telephone's screen is narrow
    lines.push(`${stage.num_blocks} × bottleneck ${stage.bottleneck_size}, heads ${stage.num_attention_heads},`);
    lines.push(`intermediate ${stage.intermediate_size}, feed-forward ${stage.num_feedforward}`);
  }
  if (row.reason) {
    lines.push(row.reason.length > LONGEST_REASON ? `${row.reason.slice(0, LONGEST_REASON - 1)}…` : row.reason);
  }
  return [`<b>${plotText(row.label)}</b>`, ...lines.map(plotText)].join("<br>");
}
