// A trial against a published model of the same study, in words that say how sure they are.
import { fixed, isNumber, relative, signed } from "./format.js";
import { latencyError, outsideOf } from "./study.js";

const MOST_SURE = 2; // deviations of a difference

// The published model to compare a trial with: of those within the latency the one of the highest score, else the
// quickest. Null without a scored reference.
export function rivalOf(references, milliseconds) {
  const within = references.filter((row) => row.metrics.latency_ms <= milliseconds);
  if (within.length) {
    return within.reduce((best, row) => (row.metrics.score > best.metrics.score ? row : best));
  }
  return references.reduce(
    (best, row) => (best && best.metrics.latency_ms <= row.metrics.latency_ms ? best : row),
    null,
  );
}

// "+0.0119 score against MobileBERT-EdgeTPU-XS, with 5 % less latency and 8 % fewer parameters".
export function howMuchBetter(row, rival) {
  const gain = signed(row.metrics.score - rival.metrics.score, 4);
  const latency = relative(row.metrics.latency_ms, rival.metrics.latency_ms);
  const parameters = relative(row.metrics.parameters, rival.metrics.parameters, "fewer", "more");
  const rivals = `${rival.label} (${fixed(rival.metrics.score, 4)} at ${fixed(rival.metrics.latency_ms, 2, "ms")})`;
  return `${gain} in score against ${rivals}, with ${latency} latency and ${parameters} parameters.`;
}

// What a difference in score is worth, by the published models: a sentence, or null where they do not say.
export function scaleOfScores(study) {
  const [least, most] = ["XS", "M"].map((size) => {
    const name = study.pick_models[size];
    const score = study.references.find((row) => row.name === name)?.metrics.score;
    return { score, f1: study.published.find((model) => model.name === name).squad_f1.float };
  });
  if (!(most.score > least.score)) {
    return null;
  }
  const gain = fixed(most.score - least.score, 4);
  return `For scale: from the published XS to the published M the score rises by ${gain}, their F1 after full training from ${fixed(least.f1, 1)} to ${fixed(most.f1, 1)}\u00a0%.`;
}

// { verdict: "sure" | "unsure" | "tie" | "unknown", sentence }, of the difference in score.
export function howSure(study, row, rival) {
  const difference = Math.abs(row.metrics.score - rival.metrics.score);
  const deviation = study.seed_deviation;
  if (!isNumber(deviation)) {
    return {
      verdict: "unknown",
      sentence:
        "How far scores move with the seed was not measured for this evaluator, so whether this difference is more than noise is not known.",
    };
  }
  const ratio = difference / (Math.SQRT2 * deviation);
  const times = `The difference is ${fixed(ratio, 1)} times what two seeds differ by`;
  if (ratio >= MOST_SURE) {
    return { verdict: "sure", sentence: `${times}: more than noise.` };
  }
  if (ratio >= 1) {
    return { verdict: "unsure", sentence: `${times}: it may turn with another seed.` };
  }
  return { verdict: "tie", sentence: `${times}: a tie.` };
}

// What longer training said of both, where `paretobert verify` has trained both; null if it has not.
export function afterLongerTraining(study, row, rival) {
  const found = study.verification;
  const scoreOf = ({ role, number }) =>
    found.trials.find((each) => each.number === number && each.kind === (role === "reference" ? "reference" : "search"))
      ?.retrained_score;
  const [own, others] = found ? [scoreOf(row), scoreOf(rival)] : [];
  if (!isNumber(own) || !isNumber(others)) {
    return null;
  }
  return `After ${fixed(found.budget, 0)} steps it scored ${fixed(own, 4)} against ${fixed(others, 4)}: ${signed(own - others, 4)}.`;
}

// What is to be said of a row's latency.
export function latencyCaveats(study, row, budget = null) {
  const error = latencyError(study, row);
  const outside = outsideOf(row);
  const sentences = [];
  const latency = row.metrics.latency_ms;
  if (study.latency_source === "measured") {
    sentences.push("Its latency is measured.");
  } else if (isNumber(error)) {
    sentences.push(`Its latency is predicted, ${fixed(latency, 2)} ± ${fixed(error, 2, "ms")}.`);
  } else {
    sentences.push("Its latency is predicted, and how far off that may be is not known.");
  }
  if (budget !== null && isNumber(error) && latency + error > budget) {
    sentences.push("It may take longer than the budget.");
  }
  if (outside === null) {
    sentences.push("Whether it is like what the latency model was fitted to is not known.");
  } else if (outside.length) {
    sentences.push(`That is an extrapolation: what the latency model was fitted to differs in ${outside.join(", ")}.`);
  }
  return sentences;
}
