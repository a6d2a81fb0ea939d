// Draws the plot from the page's own data, in the colours of its style sheet.
"use strict";

(() => {
  const data = JSON.parse(document.getElementById("plot-data").textContent);
  const plot = document.getElementById("plot");
  const narrow = matchMedia("(max-width: 40rem)");
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const print = matchMedia("print");

  // Shapes carry the same distinction as colours. Symbols named "-open" are drawn in outline.
  const shapes = {
    dominated: { symbol: "circle-open", size: 8 },
    violating: { symbol: "square-open", size: 8 },
    front: { symbol: "circle", size: 10 },
    reference: { symbol: "diamond", size: 10 },
    infeasible: { symbol: "x-thin-open", size: 7 },
    pruned: { symbol: "line-ns-open", size: 10 },
    failed: { symbol: "triangle-down", size: 9 },
  };
  const twoColumns = { entrywidth: 0.45, entrywidthmode: "fraction" };
  const buttons = [["toImage"], ["zoomIn2d", "zoomOut2d", "autoScale2d", "resetScale2d"]];
  const stripHeight = data.unscored.length ? 0.05 + 0.055 * data.unscored.length : 0;

  function color(name) {
    return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
  }

  function family() {
    return getComputedStyle(document.body).fontFamily;
  }

  function marker(kind) {
    return { ...shapes[kind], color: color(kind), line: { width: 1.5, color: color(kind) } };
  }

  function hoverLabel(kind) {
    const font = { family: family(), size: 12, color: color("text") };
    return { bgcolor: color("surface"), bordercolor: color(kind), align: "left", font };
  }

  // Keeps a name legible where points lie under it.
  function halo() {
    const page = color("page");
    return `0 0 2px ${page}, 0 0 2px ${page}, 0 0 3px ${page}, 0 0 4px ${page}`;
  }

  function scored(group) {
    const onStaircase = group.kind === "front" && data.steps;
    const isNamed = group.kind === "reference";
    return {
      type: "scatter",
      mode: onStaircase ? "lines+markers" : isNamed ? "markers+text" : "markers",
      name: group.name,
      x: group.x,
      y: group.y,
      text: isNamed ? group.label : undefined,
      textposition: "bottom center",
      textfont: { size: 11, color: color("quiet"), shadow: halo() },
      hovertext: group.hover,
      hovertemplate: "%{hovertext}<extra></extra>",
      hoverlabel: hoverLabel(group.kind),
      line: { shape: "hv", width: 1.5, color: color("front") },
      marker: marker(group.kind),
      cliponaxis: false,
    };
  }

  function unscored(group) {
    return {
      type: "scatter",
      mode: "markers",
      name: group.name,
      x: group.x,
      y: group.x.map(() => group.name),
      yaxis: "y2",
      hovertext: group.hover,
      hovertemplate: "%{hovertext}<extra></extra>",
      hoverlabel: hoverLabel(group.kind),
      marker: marker(group.kind),
      showlegend: false,
    };
  }

  function picks() {
    return {
      type: "scatter",
      mode: "markers+text",
      name: "pick",
      x: data.picks.x,
      y: data.picks.y,
      text: data.picks.label.map((label) => `<b>${label}</b>`),
      textposition: "top left",
      textfont: { size: 13, color: color("text"), shadow: halo() },
      marker: { symbol: "circle-open", size: 19, color: color("text"), line: { width: 1.5, color: color("text") } },
      hoverinfo: "skip",
      cliponaxis: false,
    };
  }

  function dotted(ends) {
    return { type: "line", layer: "below", line: { dash: "dot", width: 1, color: color("quiet") }, ...ends };
  }

  function note(text, place) {
    return { text, showarrow: false, font: { size: 11, color: color("quiet") }, ...place };
  }

  function layout() {
    const axis = {
      gridcolor: color("rule"),
      linecolor: color("rule"),
      zeroline: false,
      automargin: true,
      tickfont: { color: color("quiet") },
    };
    const title = (text) => ({ text, font: { size: 13, color: color("quiet") }, standoff: 12 });
    const [low, high] = data.y_range;
    const hasBaseline = data.baseline !== null && data.baseline > low && data.baseline < high;
    const baseline = { y0: data.baseline, y1: data.baseline };
    return {
      autosize: true,
      margin: { l: 48, r: 16, t: 24, b: 48 },
      paper_bgcolor: "rgba(0,0,0,0)",
      plot_bgcolor: "rgba(0,0,0,0)",
      font: { family: family(), size: 12, color: color("text") },
      hovermode: "closest",
      dragmode: narrow.matches ? false : "zoom",
      modebar: { bgcolor: "rgba(0,0,0,0)", color: color("dominated"), activecolor: color("text") },
      uirevision: "kept while colours change",
      legend: { orientation: "h", x: 0, y: 1.05, yanchor: "bottom", ...(narrow.matches && twoColumns) },
      xaxis: { ...axis, title: title(data.x_title), range: data.x_range, anchor: stripHeight ? "y2" : "y" },
      yaxis: { ...axis, title: title(data.y_title), range: data.y_range, domain: [stripHeight, 1] },
      yaxis2: { ...axis, domain: [0, Math.max(0, stripHeight - 0.04)], type: "category", fixedrange: true },
      shapes: [
        ...data.budgets.map(({ x }) => dotted({ x0: x, x1: x, yref: "paper", y0: stripHeight, y1: 1 })),
        ...(hasBaseline ? [dotted({ xref: "paper", x0: 0, x1: 1, ...baseline })] : []),
      ],
      annotations: [
        ...data.budgets.map(({ label, x }) => note(label, { x, yref: "paper", y: 1, yanchor: "bottom" })),
        ...(hasBaseline
          ? [note("without context", { xref: "paper", x: 1, xanchor: "right", y: data.baseline, yanchor: "bottom" })]
          : []),
      ],
    };
  }

  function draw() {
    const traces = [...data.scored.map(scored), ...data.unscored.map(unscored)];
    if (data.picks.x.length) {
      traces.push(picks());
    }
    Plotly.react(plot, traces, layout(), { responsive: true, displaylogo: false, modeBarButtons: buttons });
  }

  for (const query of [narrow, dark, print]) {
    query.addEventListener("change", draw);
  }
  draw();
})();
