// Each mark of a figure (figures/marks.py) as traces of plotly.js. Sizes are points, `unit` pixels long.

const DASHES = {"--": [3.7, 1.6], ":": [1, 1.65], "-.": [6.4, 1.6, 1, 1.6]}; // in line widths
const NUMBER = ":.6~g";

const probe = document.body.appendChild(document.createElement("i"));
probe.hidden = true;

/** A colour of the style sheet as numbers, which the library needs. */
const colour = (text, alpha = 1) => {
  probe.style.color = text;
  const [red, green, blue] = getComputedStyle(probe).color.match(/[\d.]+/g);
  return `rgba(${red},${green},${blue},${alpha})`;
};

/** Text without any meaning to the library, which knows tags and templates. */
const plain = text => text.replace(/[&<>{}]/g, sign => `&#${sign.charCodeAt(0)};`).replaceAll("\n", "<br>");

const told = (label, value) => (label ? `${plain(label)}: ${value}` : value);
const each = (value, count) => (Array.isArray(value) ? value : Array(count).fill(value));
const pairs = (low, high) => low.map((value, index) => [value, high[index]]);

const TRACES = {
  line(mark, axes, unit) {
    const dash = DASHES[mark.dash]?.map(part => `${part * mark.width * unit}px`).join(" ") ?? "solid";
    const line = {color: colour(mark.colour), width: mark.width * unit, dash, shape: mark.step ? "hv" : "linear"};
    const mode = [mark.dash === "None" ? "" : "lines", mark.marker ? "markers" : ""].filter(Boolean).join("+");
    return [{x: mark.x, y: mark.y, mode, line, marker: {color: line.color, size: (mark.marker ?? 0) * unit}}];
  },

  level(mark, axes, unit) {
    if (mark.along === "x") {
      const upright = {...mark, x: [mark.at, mark.at], y: axes.y.range};
      return TRACES.line(upright, axes, unit).map(trace => ({...trace, hoverinfo: "skip"}));
    }
    const lines = TRACES.line({...mark, x: axes.x.range, y: [mark.at, mark.at]}, axes, unit);
    const curve = axes.unified && axes.marks.find(other => other.kind === "line");
    if (!curve || !mark.name) return lines;
    // Also on the positions of the curves, unseen, so that one look along x reads this level with them.
    const read = {...lines[0], x: curve.x, y: curve.x.map(() => mark.at), opacity: 0, showlegend: false};
    return [{...lines[0], hoverinfo: "skip"}, read];
  },

  points(mark, axes, unit) {
    const size = each(mark.size, mark.x.length).map(value => value * unit);
    const marker = {size, color: colour(mark.colour, mark.alpha), opacity: 1, line: {width: 0}};
    return [{x: mark.x, y: mark.y, mode: "markers", marker}];
  },

  bars(mark, axes) {
    const [start, end] = mark.edges;
    const middle = start.map((value, index) => (value + end[index]) / 2);
    const width = start.map((value, index) => end[index] - value);
    const color = each(mark.colour, start.length).map(value => colour(value, mark.alpha));
    const [place, height] = mark.flat ? ["y", "x"] : ["x", "y"];
    const histogram = start.length > 1 && Math.abs(start[1] - end[0]) < 1e-3 * width[0];
    const where = histogram ? `%{customdata[0]${NUMBER}} to %{customdata[1]${NUMBER}}` : `%{${place}}`;
    const value = told(mark.flat ? axes.x.label : axes.title, `%{${height}${NUMBER}}`);
    const said = told(mark.flat ? "" : axes.x.label, where);
    return [{
      type: "bar", orientation: mark.flat ? "h" : "v", [place]: middle, [height]: mark.height, width,
      marker: {color, line: {width: 0}}, customdata: pairs(start, end),
      hovertemplate: axes.unified ? `${where}: %{${height}${NUMBER}}` : `${said}<br>${value}<extra></extra>`,
    }];
  },

  band(mark) {
    const edge = {x: mark.x, mode: "lines", line: {width: 0}, customdata: mark.low};
    return [
      {...edge, y: mark.low, hoverinfo: "skip", showlegend: false},
      {
        ...edge, y: mark.high, fill: "tonexty", fillcolor: colour(mark.colour, mark.alpha),
        hovertemplate: `%{customdata${NUMBER}} to %{y${NUMBER}}`,
      },
    ];
  },

  layer(mark) {
    const fillcolor = colour(mark.colour, mark.alpha);
    return [{x: mark.x, y: mark.y, mode: "lines", line: {width: 0, color: fillcolor}, stackgroup: "all", fillcolor}];
  },

  ranges(mark, axes, unit) {
    const color = colour(mark.colour, mark.alpha), half = mark.low.map((low, index) => (mark.high[index] - low) / 2);
    return [{
      x: mark.x, y: mark.low.map((low, index) => low + half[index]), mode: "markers", marker: {color, opacity: 0},
      error_y: {type: "data", array: half, width: 0, thickness: mark.width * unit, color},
      name: mark.name || "interval", customdata: pairs(mark.low, mark.high),
      hovertemplate: `%{customdata[0]${NUMBER}} to %{customdata[1]${NUMBER}}`,
    }];
  },

  cells(mark, axes) {
    const name = (axis, index) => plain(mark.classes?.[index] ?? axis.text?.[index] ?? `${index}`);
    const hovertext = mark.values.map((row, down) => row.map((value, over) => [
      told(axes.y.label, name(axes.y, down)),
      told(axes.x.label, name(axes.x, over)),
      ...(mark.counts ? [`count: ${mark.counts[down][over]}`] : []),
      `share: ${(100 * value).toPrecision(3)} %`,
    ].join("<br>")));
    return [{
      type: "heatmap", x: mark.edges[0], y: mark.edges[1], z: mark.values, hovertext, hoverinfo: "text",
      zmin: mark.range[0], zmax: mark.range[1], showscale: false,
      colorscale: mark.colour.map((end, index) => [index, colour(end, mark.alpha[index])]),
    }];
  },

  text(mark, axes, unit) {
    const textfont = {color: mark.colour.map(value => colour(value)), size: mark.size * unit};
    return [{x: mark.x, y: mark.y, mode: "text", text: mark.text.map(plain), textfont, hoverinfo: "skip"}];
  },
};
