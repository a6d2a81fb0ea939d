// What the study was made with, and how to have it again.
import { copied } from "./copying.js";
import { element, fill } from "./elements.js";
import { date, fixed } from "./format.js";

export function showProvenance(study) {
  fill("again", copied(study.command, "with the configuration below saved as config.toml"));
  const environments = `This study was worked on in ${study.environments} environments that differ in machine or versions, so its scores may differ in their last bits.`;
  fill(
    "same",
    "The same versions on the same machine, with one worker, give the same trials and scores. ",
    study.environments > 1 ? environments : null,
  );
  fill("configuration", study.configuration_toml);
  fill(
    "plugins",
    study.plugins.map((plugin) => item(plugin.kind.replaceAll("_", " "), plugin.name, origin(plugin))),
  );
  fill(
    "versions",
    Object.entries(study.versions).map(([name, version]) => item(name, version)),
  );
  const { memory_bytes: memory, environment = {}, ...machine } = study.machine;
  fill(
    "machine",
    item("begun", date(study.created_at)),
    Object.entries(machine).map(([name, value]) => item(name.replaceAll("_", " "), value)),
    memory ? item("memory", fixed(memory / 2 ** 30, 1, "GiB")) : null,
    Object.entries(environment).map(([name, value]) => item(name, value)),
  );
}

function origin({ distribution, version, fingerprint }) {
  const from = distribution ? `${distribution} ${version ?? ""}` : "no installed package";
  return fingerprint ? `${from}, fingerprint ${fingerprint}` : from;
}

function item(term, text, more = "") {
  return element(
    "div",
    {},
    element("dt", {}, term),
    element("dd", {}, text, more && element("span", { class: "quiet" }, ` ${more}`)),
  );
}
