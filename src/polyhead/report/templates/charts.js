// Draws each figure again as a chart whose values can be read and whose axes can be zoomed. Its values stand beside it
// as JSON (figures/series.py). The still picture keeps the place, is what is printed, and stays where this fails.

const TEXT = 8.5, SMALL = 8; // points, as in the still picture
const BUTTONS = [["toImage", "resetScale2d"]];
const darkness = matchMedia("(prefers-color-scheme: dark)");
const pointer = matchMedia("(hover: hover)");

let library;
const loadLibrary = async () => {
  const packed = atob(document.getElementById("chart-library").textContent);
  const bytes = new Uint8Array(packed.length);
  for (let index = 0; index < packed.length; index++) bytes[index] = packed.charCodeAt(index);
  const code = new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip")));
  const script = document.createElement("script");
  script.textContent = await code.text();
  document.head.append(script);
};

/** Whether a mark only guides the eye: a pointer near one of its ends would read that, and not what lies there. */
const guides = mark => mark.kind === "level" || (mark.kind === "line" && mark.dash === ":" && mark.x.length === 2);

const traces = (axes, row, unit) => {
  const some = axes.marks.some(mark => mark.name);
  return axes.marks.flatMap(mark => TRACES[mark.kind](mark, axes, unit).map(trace => {
    const name = plain(trace.name ?? mark.name);
    // What has no name repeats what has one, or is all there is.
    const repeats = some && !mark.name && !["points", "bars", "ranges"].includes(mark.kind);
    const silent = repeats || (!axes.unified && guides(mark));
    const place = axes.x.at?.length === 0 ? "" : `${told(axes.along, "%{x}")}<br>`; // no ticks: an order, no values
    const value = told(axes.title || axes.y.label, `%{y${NUMBER}}`);
    const label = axes.unified ? `%{y${NUMBER}}` : `${place}${value}<extra>${name}</extra>`;
    const hover = silent ? {hoverinfo: "skip"} : {hovertemplate: label};
    return {
      xaxis: `x${row + 1}`, yaxis: `y${row + 1}`, showlegend: Boolean(mark.name) && row === 0, legendgroup: name,
      ...(trace.hoverinfo ? {} : hover), ...trace, name: name || plain(axes.title || axes.y.label),
    };
  }));
};

const axis = (shown, unit, domain, more) => {
  const ink = colour("currentColor"), range = shown.log ? shown.range.map(Math.log10) : shown.range;
  const span = Math.abs(range[1] - range[0]), font = {size: (shown.size ?? SMALL) * unit, color: ink};
  const named = shown.at && {tickvals: shown.at, ticktext: shown.text.map(plain), tickangle: -(shown.turn ?? 0)};
  const fine = shown.log ? {tickformat: ".3~g", nticks: 3} : shown.whole && span < 7 && {dtick: 1, tick0: 0};
  return {
    type: shown.log ? "log" : "linear", range: [...range], domain, zeroline: false, automargin: true,
    title: {text: plain(shown.label), font: {size: TEXT * unit}, standoff: 3 * unit},
    showgrid: shown.grid, gridcolor: colour("currentColor", 0.16), gridwidth: 0.5 * unit,
    showline: more.frame, linecolor: ink, linewidth: 0.6 * unit, tickcolor: ink, tickwidth: 0.6 * unit,
    ticks: more.frame ? "outside" : "", ticklen: 3 * unit, tickfont: font, nticks: more.ticks, minexponent: 5,
    exponentformat: "power", hoverformat: shown.whole ? "d" : ".6~g", ...(named || fine), ...more.own,
  };
};

const layout = (series, width, height) => {
  const unit = width / series.size[0], ink = colour("currentColor"), paper = colour("var(--paper)");
  const unified = series.axes[0].unified;
  const font = {family: getComputedStyle(document.body).fontFamily, size: TEXT * unit, color: ink};
  const [left, bottom, right, top] = [0, 1, 2, 3].map(side =>
    series.axes.map(axes => axes.place[side]).reduce((a, b) => (side < 2 ? Math.min(a, b) : Math.max(a, b))));
  const drawn = {
    width, height, font, paper_bgcolor: paper, plot_bgcolor: "rgba(0,0,0,0)", uirevision: "kept", bargap: 0,
    barmode: "overlay", hovermode: unified ? "x unified" : "closest", hoverdistance: unified ? -1 : 20,
    dragmode: pointer.matches ? "zoom" : false, annotations: [],
    margin: {l: left * width, r: (1 - right) * width, t: (1 - top) * height, b: bottom * height, pad: 0},
    legend: {
      orientation: "h", x: 0.5, xref: "container", xanchor: "center", y: 0, yref: "container", yanchor: "bottom",
      font: {size: SMALL * unit}, bgcolor: "rgba(0,0,0,0)", traceorder: "normal", tracegroupgap: 0,
    },
    hoverlabel: {bgcolor: paper, bordercolor: colour("var(--rule)"), font: {...font, size: SMALL * unit}},
    modebar: {bgcolor: paper, color: colour("var(--soft)"), activecolor: ink},
  };
  series.axes.forEach((axes, row) => {
    const name = row ? row + 1 : "", across = [axes.place[0], axes.place[2]].map(x => (x - left) / (right - left));
    const down = [axes.place[1], axes.place[3]].map(y => (y - bottom) / (top - bottom));
    const last = row === series.axes.length - 1;
    const bars = axes.marks.some(mark => mark.kind === "bars");
    const head = bars ? plain(axes.along) : told(axes.along, `%{x${NUMBER}}`);
    const shared = row ? {matches: "x"} : {};
    const own = {anchor: `y${row + 1}`, showticklabels: last, unifiedhovertitle: {text: head}, ...shared};
    const tall = (axes.place[3] - axes.place[1]) * height / (2.2 * SMALL * unit); // labels that fit above each other
    drawn[`xaxis${name}`] = axis(axes.x, unit, across, {frame: axes.frame, ticks: 7, own});
    const stands = {frame: axes.frame, ticks: Math.max(3, Math.min(7, Math.round(tall))), own: {anchor: `x${row + 1}`}};
    drawn[`yaxis${name}`] = axis(axes.y, unit, down, stands);
    const at = {x: 0, xref: `x${row + 1} domain`, xanchor: "left", y: 1, yref: `y${row + 1} domain`, yanchor: "bottom"};
    drawn.annotations.push({...at, text: plain(axes.title), showarrow: false, yshift: 3 * unit, borderpad: 0});
  });
  return drawn;
};

/** Draw or draw again: with the present colours and in the present size, keeping what was zoomed and hidden. */
const draw = async figure => {
  const {width, height} = figure.still.getBoundingClientRect();
  if (!width || !height) return; // on paper, or within something closed
  const unit = width / figure.series.size[0];
  const data = figure.series.axes.flatMap((axes, row) => traces(axes, row, unit));
  await Plotly.react(figure.chart, data, layout(figure.series, width, height), {
    displaylogo: false, displayModeBar: pointer.matches ? "hover" : false, modeBarButtons: BUTTONS,
    doubleClick: "reset", scrollZoom: false, toImageButtonOptions: {filename: figure.name, format: "png", scale: 3},
  });
  // The figure is labelled and the tables hold its numbers: read aloud, a chart would be a heap of ticks.
  figure.chart.querySelectorAll(".main-svg").forEach(svg => svg.setAttribute("aria-hidden", "true"));
  figure.drawing.classList.add("charted");
};

const open = async drawing => {
  const still = drawing.querySelector("svg"), chart = document.createElement("div");
  const series = JSON.parse(drawing.querySelector("script").textContent);
  for (const axes of series.axes) axes.along = series.axes.at(-1).x.label; // rows share the one below
  const figure = {drawing, still, chart, series, name: drawing.dataset.name};
  chart.className = "chart";
  await (library ??= loadLibrary());
  drawing.append(chart);
  await draw(figure);
  darkness.addEventListener("change", () => draw(figure));
  new ResizeObserver(() => requestAnimationFrame(() => draw(figure))).observe(drawing);
};

// One after the other, so that the page can be scrolled in between.
let turn = Promise.resolve();
const near = new IntersectionObserver(entries => {
  for (const entry of entries.filter(entry => entry.isIntersecting)) {
    near.unobserve(entry.target);
    turn = turn.then(() => new Promise(setTimeout)).then(() => open(entry.target)).catch(reportError);
  }
}, {rootMargin: "400px 0px"});
document.querySelectorAll(".drawing:has(script)").forEach(drawing => near.observe(drawing));
