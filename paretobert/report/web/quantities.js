// What can stand on an axis or in a column: where it is found in a row, what it is called, how it is written.
import { fixed, isNumber } from "./format.js";
import { architectureOf, meanOverBlocks, numBlocks } from "./study.js";

const MEGA = 1e6;
const GIGA = 1e9;

// Each: label, unit, digits, factor (of the unit), of (row to number), and log where the axis is logarithmic.
const KNOWN = {
  score: { label: "score", unit: "", digits: 4, factor: 1, of: metric("score") },
  latency_ms: { label: "latency", unit: "ms", digits: 2, factor: 1, of: metric("latency_ms") },
  utilization: { label: "utilization", unit: "%", digits: 1, factor: 100, of: metric("utilization") },
  parameters: { label: "parameters", unit: "M", digits: 2, factor: 1 / MEGA, of: metric("parameters") },
  multiply_adds: { label: "multiply-adds", unit: "G", digits: 2, factor: 1 / GIGA, of: metric("multiply_adds") },
  peak_memory_bytes: { label: "peak memory", unit: "MB", digits: 1, factor: 1 / MEGA, of: metric("peak_memory_bytes") },
  hidden_size: { label: "hidden size", unit: "", digits: 0, factor: 1, of: (row) => row.table.sizes[row.position][0] },
  num_blocks: { label: "blocks", unit: "", digits: 0, factor: 1, of: (row) => numBlocks(architectureOf(row)) },
  num_stages: { label: "stages", unit: "", digits: 0, factor: 1, of: (row) => row.table.sizes[row.position][1].length },
  bottleneck_size: overBlocks("bottleneck", "bottleneck_size"),
  num_attention_heads: overBlocks("heads", "num_attention_heads"),
  intermediate_size: overBlocks("intermediate", "intermediate_size"),
  num_feedforward: overBlocks("feed-forwards", "num_feedforward"),
  seconds: { label: "evaluation time", unit: "s", digits: 1, factor: 1, of: (row) => row.seconds },
  intensity: {
    label: "multiply-adds a byte",
    unit: "",
    digits: 1,
    factor: 1,
    log: true,
    of: (row) => row.table.costs.multiply_adds_per_byte[row.position],
  },
  rate: {
    label: "multiply-adds a second",
    unit: "T",
    digits: 2,
    factor: 1 / GIGA,
    log: true,
    of: (row) => row.metrics.multiply_adds / row.metrics.latency_ms,
  },
};

export const AXES = [
  "latency_ms",
  "score",
  "utilization",
  "parameters",
  "multiply_adds",
  "peak_memory_bytes",
  "hidden_size",
  "num_blocks",
];

export const DECISIONS = [
  "hidden_size",
  "num_blocks",
  "num_stages",
  "bottleneck_size",
  "num_attention_heads",
  "intermediate_size",
  "num_feedforward",
];

// The quantity of a name; any other metric has its own name and unit.
export function quantity(name) {
  return KNOWN[name] ?? { label: name.replaceAll("_", " "), unit: "", digits: 4, factor: 1, of: metric(name) };
}

// A row's number in the quantity's unit; null without one. At a precision, latency is that precision's.
export function valueOf(row, name, precision = null) {
  const { of, factor } = quantity(name);
  const known = precision && name === "latency_ms" ? row.table.costs.latency_ms[precision]?.[row.position] : of(row);
  return isNumber(known) ? known * factor : null;
}

export function written(row, name) {
  const { digits, unit } = quantity(name);
  return fixed(valueOf(row, name), digits, unit);
}

// An axis's title, with its unit and, for latency, what it is and where.
export function axisTitle(study, name, precision) {
  const { label, unit } = quantity(name);
  const inUnit = unit ? `${label} (${unit})` : label;
  if (name === "latency_ms") {
    const how = study.latency_source === "measured" ? "measured" : "predicted";
    return `${how} ${inUnit} on ${study.configuration.device}, ${precision}`;
  }
  return name === "score" ? "score (fraction)" : inUnit;
}

function metric(name) {
  return (row) => row.metrics[name];
}

function overBlocks(label, field) {
  return { label, unit: "", digits: 0, factor: 1, of: (row) => meanOverBlocks(architectureOf(row), field) };
}
