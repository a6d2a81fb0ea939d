// The page of one study: reads its document, from the file or again and again from the server, and shows every part.
import { byId, element, fill } from "./elements.js";

const POLL_MS = 2000;
let shown = "";

function show(study) {
  document.title = `${study.study} · ParetoBERT`;
  fill("title", study.study);
  fill("facts", element("p", {}, `${study.evaluated} of ${study.trials_asked} trials evaluated`));
}

async function follow(url) {
  try {
    const response = await fetch(url, { cache: "no-cache" });
    const text = await response.text();
    if (!response.ok) {
      throw new Error(text);
    }
    if (text !== shown) {
      show(JSON.parse(text));
      shown = text;
    }
    byId("trouble").hidden = true;
  } catch (error) {
    fill("trouble", `The study cannot be read at the moment (${error.message}). This page keeps trying.`);
    byId("trouble").hidden = false;
  }
  setTimeout(follow, POLL_MS, url);
}

const url = document.body.dataset.url;
if (url) {
  follow(url);
} else {
  show(JSON.parse(byId("document").textContent));
}
