// Elements made from data: whatever is text stays text.

const SVG = "http://www.w3.org/2000/svg";

// An HTML element. Attributes that are functions listen, those that are true, false or null are there or not; children
// are elements, texts, numbers, or lists of these; null is nothing.
export function element(tag, attributes = {}, ...children) {
  return filled(document.createElement(tag), attributes, children);
}

// An SVG element, likewise.
export function drawn(tag, attributes = {}, ...children) {
  return filled(document.createElementNS(SVG, tag), attributes, children);
}

// A word that says how far something is known; its colour says the same.
export function badge(kind, text) {
  return element("span", { class: `badge ${kind.replace(" ", "-")}` }, text);
}

export function byId(id) {
  return document.getElementById(id);
}

// Gives an element these children in place of those it has; what had the focus keeps it if its data-key is there again.
export function fill(id, ...children) {
  const key = document.activeElement?.dataset.key;
  byId(id).replaceChildren(...nodes(children));
  if (key && !document.activeElement?.dataset.key) {
    byId(id)
      .querySelector(`[data-key="${CSS.escape(key)}"]`)
      ?.focus({ preventScroll: true });
  }
}

// Text in the small markup that plotly reads in labels.
export function plotText(text) {
  return String(text).replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");
}

function filled(made, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") {
      made.addEventListener(name, value);
    } else if (value !== null && value !== undefined && value !== false) {
      made.setAttribute(name, value === true ? "" : value);
    }
  }
  made.append(...nodes(children));
  return made;
}

function nodes(children) {
  return children
    .flat(Infinity)
    .filter((child) => child !== null && child !== undefined && child !== false)
    .map((child) => (child instanceof Node ? child : document.createTextNode(String(child))));
}
