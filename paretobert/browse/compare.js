// Draws the frontiers of several studies on one pair of axes.
import { plotText } from "./elements.js";

// Okabe and Ito's colours, which colour-blind people tell apart; the shape and the dash say the same.
const styles = [
  { color: "#0072b2", symbol: "circle", dash: "solid" },
  { color: "#d55e00", symbol: "diamond", dash: "dash" },
  { color: "#009e73", symbol: "square", dash: "dot" },
  { color: "#cc79a7", symbol: "triangle-up", dash: "dashdot" },
  { color: "#e69f00", symbol: "x", dash: "longdash" },
  { color: "#56b4e9", symbol: "star", dash: "longdashdot" },
];
const data = JSON.parse(document.getElementById("data").textContent);
const dark = matchMedia("(prefers-color-scheme: dark)");
const narrow = matchMedia("(max-width: 40rem)");

function color(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

function points(study, kind, style) {
  const { number, latency_ms, score } = study[kind];
  const isFront = kind === "front";
  return {
    type: "scatter",
    mode: isFront ? "lines+markers" : "markers",
    name: plotText(study.name),
    legendgroup: study.name,
    showlegend: isFront,
    x: latency_ms,
    y: score,
    text: number.map((each) => `trial ${each}`),
    hovertemplate: "%{text}<br>score %{y:.4f}<br>latency %{x:.2f} ms<extra>%{fullData.name}</extra>",
    line: { shape: "hv", width: 2, color: style.color, dash: style.dash },
    marker: { symbol: style.symbol, size: isFront ? 9 : 6, color: style.color, opacity: isFront ? 1 : 0.3 },
  };
}

function axis(text) {
  const title = { text, font: { size: 13, color: color("quiet") }, standoff: 12 };
  const lines = { gridcolor: color("rule"), linecolor: color("rule"), zeroline: false };
  return { title, ...lines, automargin: true, tickfont: { color: color("quiet") } };
}

function draw() {
  const traces = data.studies.flatMap((study, index) => {
    const style = styles[index % styles.length];
    return [points(study, "others", style), points(study, "front", style)];
  });
  const layout = {
    margin: { l: 48, r: 16, t: 24, b: 48 },
    paper_bgcolor: "rgba(0,0,0,0)",
    plot_bgcolor: "rgba(0,0,0,0)",
    font: { family: getComputedStyle(document.body).fontFamily, size: 12, color: color("text") },
    hoverlabel: { bgcolor: color("surface"), font: { color: color("text") } },
    hovermode: "closest",
    dragmode: narrow.matches ? false : "zoom",
    legend: { orientation: "h", x: 0, y: 1.05, yanchor: "bottom" },
    xaxis: axis(plotText(data.x_title)),
    yaxis: axis("score (fraction)"),
    uirevision: "kept while colours change",
  };
  Plotly.react("plot", traces, layout, { responsive: true, displaylogo: false, modeBarButtonsToRemove: ["select2d", "lasso2d"] });
}

for (const query of [dark, narrow]) {
  query.addEventListener("change", draw);
}
draw();
