// An architecture to scale: blocks from left to right, their widths as heights.
import { drawn } from "./elements.js";
import { numBlocks } from "./study.js";

const HEIGHT = 90;
const BLOCK = 10; // across
const GAP = 2;

// Every architecture of a group at one scale: a block is a bar as tall as its bottleneck is wide, in front of a paler
// one for the intermediate size of its feed-forward networks, of which each is a line across; the band behind is the
// hidden size.
export function drawArchitectures(named) {
  const widest = Math.max(
    ...named.flatMap(({ architecture: a }) => [a.hidden_size, ...a.stages.map((s) => s.intermediate_size)]),
  );
  const deepest = Math.max(...named.map(({ architecture }) => numBlocks(architecture)));
  return named.map(({ label, architecture }) => draw(label, architecture, widest, deepest));
}

function draw(label, architecture, widest, deepest) {
  const width = deepest * BLOCK;
  const scale = HEIGHT / widest;
  const own = numBlocks(architecture) * BLOCK;
  const band = architecture.hidden_size * scale;
  const blocks = architecture.stages.flatMap((stage) => Array(stage.num_blocks).fill(stage));
  return drawn(
    "svg",
    {
      class: "drawing",
      viewBox: `0 0 ${width} ${HEIGHT}`,
      preserveAspectRatio: "xMinYMax meet",
      role: "img",
      "aria-label": `${label}: ${inWords(architecture)}`,
    },
    drawn("rect", { class: "hidden-size", x: 0, y: HEIGHT - band, width: own, height: band }),
    blocks.map((stage, position) => drawBlock(stage, position * BLOCK, scale)),
  );
}

function drawBlock(stage, left, scale) {
  const across = BLOCK - GAP;
  const [inner, outer] = [stage.bottleneck_size * scale, stage.intermediate_size * scale];
  const lines = Array.from(
    { length: stage.num_feedforward },
    (_, i) => HEIGHT - (outer * (i + 1)) / (stage.num_feedforward + 1),
  );
  return [
    drawn("rect", { class: "intermediate", x: left, y: HEIGHT - outer, width: across, height: outer }),
    lines.map((y) => drawn("line", { class: "feed-forward", x1: left, x2: left + across, y1: y, y2: y })),
    drawn("rect", { class: "bottleneck", x: left + 2, y: HEIGHT - inner, width: across - 4, height: inner }),
  ];
}

function inWords(architecture) {
  const stages = architecture.stages.map(
    (stage) =>
      `${stage.num_blocks} blocks of bottleneck ${stage.bottleneck_size}, ${stage.num_attention_heads} heads, intermediate size ${stage.intermediate_size}, ${stage.num_feedforward} feed-forward networks`,
  );
  return `hidden size ${architecture.hidden_size}; ${stages.join("; ")}`;
}
