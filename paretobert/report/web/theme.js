// What all plots share: the colours of the style sheet, shapes that tell the same as colours, axes, settings.

export const narrow = matchMedia("(max-width: 40rem)");
const dark = matchMedia("(prefers-color-scheme: dark)");
const print = matchMedia("print");

const LEAST_ROOM = 100; // pixels across that a plot can be drawn in

// Symbols named "-open" are drawn in outline.
const SHAPES = {
  dominated: { symbol: "circle-open", size: 8 },
  violating: { symbol: "square-open", size: 8 },
  front: { symbol: "circle", size: 10 },
  reference: { symbol: "diamond", size: 10 },
  infeasible: { symbol: "x-thin-open", size: 7 },
  pruned: { symbol: "line-ns-open", size: 10 },
  failed: { symbol: "triangle-down", size: 9 },
};

export const SETTINGS = {
  responsive: true,
  displaylogo: false,
  modeBarButtons: [["toImage"], ["zoomIn2d", "zoomOut2d", "autoScale2d", "resetScale2d"]],
};

export function color(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

// A size of text in pixels, larger where all text is.
export function scaled(pixels) {
  return (pixels * parseFloat(getComputedStyle(document.documentElement).fontSize)) / 16;
}

export function family() {
  return getComputedStyle(document.body).fontFamily;
}

export function marker(role) {
  return { ...SHAPES[role], color: color(role), line: { width: 1.5, color: color(role) } };
}

export function hoverLabel(role) {
  return {
    bgcolor: color("surface"),
    bordercolor: color(role),
    align: "left",
    font: { family: family(), size: scaled(12), color: color("text") },
  };
}

// Keeps a name legible where points lie under it.
export function halo() {
  const page = color("page");
  return `0 0 2px ${page}, 0 0 2px ${page}, 0 0 3px ${page}, 0 0 4px ${page}`;
}

export function axis(title) {
  return {
    title: { text: title, font: { size: scaled(13), color: color("quiet") }, standoff: 12 },
    gridcolor: color("rule"),
    linecolor: color("rule"),
    zeroline: false,
    automargin: true,
    tickfont: { color: color("quiet") },
  };
}

export function layout(own) {
  return {
    autosize: true,
    margin: { l: 48, r: 16, t: 24, b: 48 },
    paper_bgcolor: "rgba(0,0,0,0)",
    plot_bgcolor: "rgba(0,0,0,0)",
    font: { family: family(), size: scaled(12), color: color("text") },
    hovermode: "closest",
    dragmode: narrow.matches ? false : "zoom",
    modebar: { bgcolor: "rgba(0,0,0,0)", color: color("dominated"), activecolor: color("text") },
    ...own,
  };
}

// Calls back, once a frame, when colours or the room for plots change; a browser that takes a picture of a whole page may
// leave no room for a moment.
export function onThemeChange(listener) {
  let isDue = false;
  const soon = () => {
    isDue = false;
    if (document.body.clientWidth > LEAST_ROOM) {
      listener();
    }
  };
  for (const query of [narrow, dark, print]) {
    query.addEventListener("change", () => {
      isDue = isDue || requestAnimationFrame(soon) > 0;
    });
  }
}
