// The table's filter: bounds in the words of a constraint, and any other text as text.
import { isNumber } from "./format.js";

const BOUND = /^([\w.]+)\s*(<=|>=|<|>|=)\s*(\S+)$/;
const HOLDS = {
  "<=": (a, b) => a <= b,
  ">=": (a, b) => a >= b,
  "<": (a, b) => a < b,
  ">": (a, b) => a > b,
  "=": (a, b) => a === b,
};

// A test of a row's values by name, from texts between commas: `latency_ms <= 10, score > 0.84, failed`. Throws an
// error whose message helps if a bound names no column, or is on no number.
export function filterOf(text, names) {
  const tests = text
    .split(",")
    .map((part) => part.trim())
    .filter(Boolean)
    .map((part) => testOf(part, names));
  return (values) => tests.every((test) => test(values));
}

function testOf(part, names) {
  const match = BOUND.exec(part);
  if (!match) {
    const wanted = part.toLowerCase();
    return (values) =>
      Object.values(values).some((value) => typeof value === "string" && value.toLowerCase().includes(wanted));
  }
  const [, name, relation, bound] = match;
  if (!names.includes(name)) {
    throw new Error(`There is no column ${name}. Columns: ${names.join(", ")}.`);
  }
  const number = Number(bound);
  if (Number.isNaN(number)) {
    if (relation !== "=") {
      throw new Error(`${bound} is no number: ${name} ${relation} needs one.`);
    }
    return (values) => String(values[name]) === bound;
  }
  return (values) => isNumber(values[name]) && HOLDS[relation](values[name], number);
}
