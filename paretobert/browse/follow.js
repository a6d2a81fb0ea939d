// Follows the list of studies: asks for the page again and takes over what has changed of it.
const EVERY_MS = 3000;
let shown = document.getElementById("followed").outerHTML;

async function follow() {
  try {
    const response = await fetch(location.href, { cache: "no-cache" });
    const fresh = new DOMParser().parseFromString(await response.text(), "text/html").getElementById("followed");
    if (fresh && fresh.outerHTML !== shown) {
      shown = fresh.outerHTML;
      const focused = document.activeElement?.value;
      for (const { value } of document.querySelectorAll("input:checked")) {
        box(fresh, value)?.setAttribute("checked", "");
      }
      document.getElementById("followed").replaceWith(document.adoptNode(fresh));
      box(document, focused)?.focus();
    }
    document.getElementById("trouble").hidden = true;
  } catch {
    document.getElementById("trouble").hidden = false;
  }
  setTimeout(follow, EVERY_MS);
}

function box(parent, value) {
  return [...parent.querySelectorAll("input")].find((input) => input.value === value);
}

setTimeout(follow, EVERY_MS);
