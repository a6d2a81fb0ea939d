// Draws the frontiers of several studies on one pair of axes.
import { byId, plotText } from "./elements.js";
import { axis, layout, onThemeChange, SETTINGS } from "./theme.js";

// Okabe and Ito's colours, which colour-blind people tell apart; shapes and dashes say the same.
const STYLES = [
  { color: "#0072b2", symbol: "circle", dash: "solid" },
  { color: "#d55e00", symbol: "diamond", dash: "dash" },
  { color: "#009e73", symbol: "square", dash: "dot" },
  { color: "#cc79a7", symbol: "triangle-up", dash: "dashdot" },
  { color: "#e69f00", symbol: "x", dash: "longdash" },
  { color: "#56b4e9", symbol: "star", dash: "longdashdot" },
];

const { studies, x_title: title } = JSON.parse(byId("data").textContent);

function points(study, kind, { color, symbol, dash }) {
  const { number, latency_ms: latencies, score } = study[kind];
  const isFront = kind === "front";
  return {
    type: "scatter",
    mode: isFront ? "lines+markers" : "markers",
    name: plotText(study.name),
    legendgroup: plotText(study.name),
    showlegend: isFront,
    x: latencies,
    y: score,
    text: number.map((each) => `trial ${each}`),
    hovertemplate: "%{text}<br>score %{y:.4f}<br>latency %{x:.2f} ms<extra>%{fullData.name}</extra>",
    line: { shape: "hv", width: 2, color, dash },
    marker: { symbol, color, size: isFront ? 9 : 6, opacity: isFront ? 1 : 0.3 },
    cliponaxis: false,
  };
}

function draw() {
  const styled = studies.map((study, index) => [study, STYLES[index % STYLES.length]]);
  const kinds = ["others", "front"]; // fronts cover what is not on them
  const traces = kinds.flatMap((kind) => styled.map(([study, style]) => points(study, kind, style)));
  const legend = { orientation: "h", x: 0, y: 1.05, yanchor: "bottom" };
  const axes = { xaxis: axis(plotText(title)), yaxis: axis("score (fraction)") };
  Plotly.react("plot", traces, layout({ ...axes, legend, uirevision: "kept while colours change" }), SETTINGS);
}

onThemeChange(draw);
draw();
