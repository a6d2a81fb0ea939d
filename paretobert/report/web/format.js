// Numbers as a reader wants them: rounded, with their unit, and a dash where there is none.

const SPACE = "\u00a0";
const UNITS = ["s", "min", "h"];

export const NOTHING = "–";

export function isNumber(value) {
  return typeof value === "number" && Number.isFinite(value);
}

export function fixed(value, digits, unit = "") {
  if (!isNumber(value)) {
    return NOTHING;
  }
  const text = value.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });
  return unit ? text + SPACE + unit : text;
}

export function count(value, singular, plural = `${singular}s`) {
  return `${fixed(value, 0)} ${value === 1 ? singular : plural}`;
}

// With a sign: a difference.
export function signed(value, digits) {
  return (value < 0 ? "−" : "+") + fixed(Math.abs(value), digits);
}

// How much less or more one number is than another: "5 % less".
export function relative(value, base, less = "less", more = "more") {
  const percent = Math.round(100 * (value / base - 1));
  return percent === 0
    ? `as ${more === "more" ? "much" : "many"}`
    : `${Math.abs(percent)}${SPACE}% ${percent < 0 ? less : more}`;
}

export function duration(seconds) {
  let [value, unit] = [seconds, 0];
  while (isNumber(value) && value >= 120 && unit < 2) {
    value /= 60;
    unit += 1;
  }
  return fixed(value, value < 10 ? 1 : 0, UNITS[unit]);
}

export function date(seconds) {
  return `${new Date(1000 * seconds).toISOString().slice(0, 16).replace("T", " ")} UTC`;
}

// A published model as its authors write it: mobilebert-edgetpu-xs is MobileBERT-EdgeTPU-XS.
export function modelName(name) {
  const written = { mobilebert: "MobileBERT", edgetpu: "EdgeTPU" };
  return name
    .split("-")
    .map((part, position) => written[part] ?? (position ? part.toUpperCase() : part))
    .join("-");
}
