// Text that can be taken along: buttons that copy it, links that save it.
import { element } from "./elements.js";

const SAID_MS = 1500;

// A command, or other text in one line, with a button that copies it.
export function copied(text, why = "") {
  return element(
    "div",
    { class: "command" },
    element("code", {}, text),
    copyButton(() => text, "Copy", `Copy: ${text}`),
    why && element("span", { class: "quiet" }, why),
  );
}

export function copyButton(textOf, label, spoken = label) {
  const button = element("button", { type: "button", "aria-label": spoken, click: copy }, label);

  async function copy() {
    const text = textOf();
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      copyBySelection(text); // where the clipboard is not allowed, such as in some files
    }
    button.textContent = "Copied";
    setTimeout(() => (button.textContent = label), SAID_MS);
  }
  return button;
}

export function saveButton(label, name, textOf, type) {
  return element("button", { type: "button", click: () => save(name(), textOf(), type) }, label);
}

export function save(name, text, type) {
  const link = element("a", { href: URL.createObjectURL(new Blob([text], { type })), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), SAID_MS);
}

function copyBySelection(text) {
  const area = element("textarea", { class: "visually-hidden", "aria-hidden": "true" }, text);
  document.body.append(area);
  area.select();
  document.execCommand("copy");
  area.remove();
}
