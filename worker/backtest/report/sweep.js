// A map of two parameters, the walk-forward, and the best tries.
const figureOf = Object.fromEntries(data.labels.map(([name, label, unit]) => [name, { label, write: units[unit] }]));
const last = (name) => name.split(".").pop();
const LEVELS = 40;
const chosen = document.getElementById("figure");
const beside = document.getElementById("beside");

// Two colours around 0 where values lie on both sides, else one from the value nearest 0 to the farthest.
function scale(values) {
  const low = Math.min(...values), high = Math.max(...values), far = Math.max(Math.abs(low), Math.abs(high));
  const crosses = low < 0 && high > 0, near = crosses ? 0 : Math.min(Math.abs(low), Math.abs(high));
  const part = (v) => (far > near ? (Math.abs(v) - near) / (far - near) : 1);
  return { low, high, crosses, part, fill: (v) => shade(v < 0 ? "var(--c1)" : "var(--c0)", part(v)) };
}
// From the card's colour to the full one, and on towards the ink, so that neighbours near the top differ too.
function shade(hue, part) {
  const level = Math.round(part * LEVELS) / LEVELS;
  return level <= 0.65 ? `color-mix(in oklab, ${hue} ${(6 + (94 * level) / 0.65).toFixed(0)}%, var(--card))`
    : `color-mix(in oklab, var(--ink) ${((level - 0.65) * 150).toFixed(0)}%, ${hue})`;
}

function legend(svg, s, write, right, top) {
  const wide = 160, left = right - wide;
  for (let k = 0; k < LEVELS; k++) {
    const fill = s.fill(s.low + ((k + 0.5) / LEVELS) * (s.high - s.low));
    svg.append(el("rect", { x: left + (k * wide) / LEVELS, y: top, width: wide / LEVELS + 0.3, height: 10, style: `fill:${fill}` }));
  }
  const marks = [[s.low, "start"], ...(s.crosses ? [[0, "middle"]] : []), [s.high, "end"]];
  for (const [v, anchor] of s.high > s.low ? marks : marks.slice(-1)) {
    const x = s.high > s.low ? left + ((v - s.low) / (s.high - s.low)) * wide : right;
    if (v === 0 && s.crosses && (x - left < 55 || right - x < 55)) continue;
    svg.append(el("text", { x, y: top + 22, "text-anchor": anchor }, write(v)));
  }
}

// Every so many labels are written that none touches the next.
function named(svg, texts, at, room, place) {
  const every = Math.ceil(room / at(1)) || 1;
  texts.forEach((text, k) => { if (k % every === 0) svg.append(place(k, text)); });
}

function map() {
  const figure = document.getElementById("map"), { x, y, across, up, tries, figures } = data.map;
  const { grid, best, plateau } = figures[chosen.value], { label, write } = figureOf[chosen.value];
  figure.replaceChildren();
  const width = Math.max(figure.clientWidth, 280), top = 40;
  const left = 26 + 7 * Math.max(...up.map((text) => text.length));
  const w = Math.min((width - left - 8) / across.length, 96), h = Math.min(Math.max(440 / up.length, 3), Math.max(w, 24), 44);
  const bottom = top + h * up.length, height = bottom + 40;
  const svg = el("svg", { viewBox: `0 0 ${width} ${height}`, height, role: "img", "aria-label": `${label} by ${last(x)} and ${last(y)}` });
  const at = (i, j) => [left + i * w, bottom - (j + 1) * h], gap = w > 8 && h > 8 ? 1 : 0;
  const box = (i, j) => { const [a, b] = at(i, j); return `M${a.toFixed(2)} ${b.toFixed(2)}h${(w - gap).toFixed(2)}v${(h - gap).toFixed(2)}h${(gap - w).toFixed(2)}Z`; };
  const known = grid.flat().filter((v) => v !== null), fills = new Map();
  const s = known.length ? scale(known) : null;
  const missing = { untested: "", undefined: "" };
  grid.forEach((row, j) => row.forEach((v, i) => {
    const [a, b] = at(i, j);
    if (v === null && !tries[j][i]) missing.untested += `M${a} ${b + h - gap}l${w - gap} ${gap - h}`;
    else if (v === null) missing.undefined += box(i, j);
    else {
      const fill = s.fill(v);
      fills.set(fill, (fills.get(fill) || "") + box(i, j));
    }
  }));
  for (const [fill, d] of fills) svg.append(el("path", { d, style: `fill:${fill}` }));
  svg.append(el("path", { d: missing.untested, stroke: "var(--rule)", fill: "none" }));
  svg.append(el("path", { d: missing.undefined, fill: "var(--quiet)", opacity: 0.25 }));
  if (w >= 7 * Math.max(...known.map((v) => write(v).length), 0) && h >= 18) {
    grid.forEach((row, j) => row.forEach((v, i) => {
      if (v === null) return;
      const [a, b] = at(i, j), ink = s.part(v) > 0.4 ? "var(--page)" : "var(--ink)";
      svg.append(el("text", { x: a + w / 2, y: b + h / 2 + 4, "text-anchor": "middle", style: `fill:${ink}` }, write(v)));
    }));
  }
  named(svg, across, (n) => n * w, 10 + 7 * Math.max(...across.map((text) => text.length)), (k, text) => el("text", { x: at(k, 0)[0] + w / 2, y: bottom + 16, "text-anchor": "middle" }, text));
  named(svg, up, (n) => n * h, 14, (k, text) => el("text", { x: left - 6, y: at(0, k)[1] + h / 2 + 4, "text-anchor": "end" }, text));
  svg.append(el("text", { x: left + (across.length * w) / 2, y: bottom + 34, "text-anchor": "middle", class: "axis" }, last(x)));
  svg.append(el("text", { x: 12, y: top - 8, class: "axis" }, last(y)));
  const outline = (i, j, columns, rows, kind) => {
    for (const name of ["halo", kind]) svg.append(el("rect", { x: at(i, j)[0] - 1, y: at(i, j)[1] - 1, width: columns * w + 1, height: rows * h + 1, class: name }));
  };
  if (plateau) {
    const [i, j] = plateau, [a, c] = [Math.max(i - 1, 0), Math.max(j - 1, 0)], [b, d] = [Math.min(i + 1, across.length - 1), Math.min(j + 1, up.length - 1)];
    outline(a, d, b - a + 1, d - c + 1, "around");
  }
  if (best) outline(...best, 1, 1, "mark");
  figure.append(svg);
  if (s) legend(svg, s, write, Math.min(Math.max(left + across.length * w, left + 200), width - 4), 4);
  const told = ([i, j]) => `${last(x)} ${across[i]}, ${last(y)} ${up[j]}`;
  const keys = el("div", { class: "key" });
  const item = (kind, text) => { const one = el("span"); one.append(el("i", { class: kind }), document.createTextNode(text)); keys.append(one); };
  const deflated = ([i, j]) => { const v = figures.deflated.grid[j][i]; return v === null || chosen.value === "deflated" ? "" : `, deflated ${share(v)}`; };
  if (best) item("mark", `best: ${told(best)}: ${write(grid[best[1]][best[0]])}${deflated(best)}`);
  if (plateau) item("around", `best plateau, by the median of nine cells: around ${told(plateau)}: ${write(grid[plateau[1]][plateau[0]])}${deflated(plateau)}`);
  if (missing.untested) item("untested", "not tested");
  if (missing.undefined) item("undefined", "not defined: no trades");
  figure.append(keys);
  const tip = el("div", { class: "tip" });
  figure.append(tip);
  svg.addEventListener("pointermove", (event) => {
    const own = svg.getBoundingClientRect(), px = event.clientX - own.left, py = event.clientY - own.top;
    const i = Math.floor((px - left) / w), j = Math.floor((bottom - py) / h);
    const inside = i >= 0 && i < across.length && j >= 0 && j < up.length;
    tip.style.visibility = inside ? "visible" : "hidden";
    if (!inside) return;
    const count = tries[j][i], value = count ? write(grid[j][i]) : "not tested";
    tip.textContent = `${told([i, j])}: ${value}${count ? deflated([i, j]) : ""}${count > 1 ? `, median of ${count} tries` : ""}`;
    tip.style.left = `${Math.min(Math.max(px - tip.offsetWidth / 2, 0), width - tip.offsetWidth)}px`;
    tip.style.top = `${Math.max(py - 34, 0)}px`;
  });
  svg.addEventListener("pointerleave", () => { tip.style.visibility = "hidden"; });
}

function walk() {
  const { steps, total, lines } = data.walk, table = document.getElementById("steps"), figure = document.getElementById("walked");
  if (!steps.length && !table) return;
  beside.parentElement.hidden = !steps.length;
  if (!steps.length) { table.replaceWith(el("p", { class: "empty" }, "There are too few days for a step.")); return; }
  const day = (n) => new Date(n * DAY).toISOString().slice(0, 10);
  const columns = ["chosen on", "settings", "Sharpe before", "traded on", "Sharpe", "return", "buy and hold"];
  const head = el("tr"), top = el("thead"), body = el("tbody"), foot = el("tfoot");
  head.append(...columns.map((name) => el("th", { scope: "col" }, name)));
  const line = (cells) => { const row = el("tr"); row.append(...cells.map(([text, sign]) => el("td", sign ? { class: sign } : {}, text))); return row; };
  const signed = (v) => [share(v), v > 0 ? "up" : v < 0 ? "down" : ""];
  for (const one of steps) {
    body.append(line([[`${day(one.begin_day)} to ${day(one.first_day - 1)}`], [one.settings], [plain(one.before)], [`${day(one.first_day)} to ${day(one.last_day)}`], [plain(one.sharpe)], signed(one.total_return), signed(one.held)]));
  }
  foot.append(line([["all steps"], [""], [""], [`${day(steps[0].first_day)} to ${day(steps[steps.length - 1].last_day)}`], [plain(total.sharpe)], signed(total.total_return), signed(total.held)]));
  top.append(head);
  table.replaceChildren(top, body, foot);
  const shown = Object.entries(lines).slice(0, beside.checked ? 2 : 1), f = frame(figure, bounds(shown.map(([, l]) => l.t)), [0, ...shown.flatMap(([, l]) => l.v)], 240, "%");
  f.svg.setAttribute("aria-label", `result of ${shown.map(([name]) => name).join(" and of ")}`);
  f.svg.append(el("line", { x1: f.box.left, x2: f.box.right, y1: f.y(0), y2: f.y(0), stroke: "var(--quiet)", "stroke-dasharray": "3 3" }));
  for (const one of steps.slice(1)) {
    const x = f.x(one.first_day * DAY);
    f.svg.append(el("line", { class: "grid", x1: x, x2: x, y1: f.box.top, y2: f.box.bottom }));
  }
  for (const [n, [, l]] of [...shown.entries()].reverse()) f.svg.append(el("path", { class: kind(l), d: path(l, f.x, f.y), stroke: color(n) }));
  key(figure, shown.map(([name], n) => [name, color(n)]));
  hover(figure, f, (t) => `${date(t, f.span)}  ${shown.map(([name, l]) => `${name} ${plain(before(l, t))}%`).join("  ")}`);
}

function tries() {
  const table = document.getElementById("tries"), { names, rows, all } = data.tries;
  document.getElementById("listed").textContent = `${all > rows.length ? `the best ${whole(rows.length)} of ${whole(all)} by ${figureOf[data.by].label}; all are in sweep.parquet` : `all ${whole(all)}`}; deflated: probability that the Sharpe ratio is above the best of as many worthless tries`;
  const shown = ["sharpe", "deflated", "total_return", "max_drawdown", "trades"];
  const head = el("tr"), top = el("thead"), body = el("tbody");
  head.append(...["try", ...shown.map((name) => figureOf[name].label), ...names.map(last)].map((name) => el("th", { scope: "col" }, name)));
  for (const row of rows) {
    const line = el("tr");
    line.append(...[row.try, ...shown.map((name) => figureOf[name].write(row[name])), ...row.choice].map((text) => el("td", {}, text)));
    body.append(line);
  }
  top.append(head);
  table.append(top, body);
}

for (const [name, text] of data.about) document.getElementById("about").append(el("dt", {}, name), el("dd", {}, text));
const warnings = document.getElementById("warnings");
warnings.hidden = !data.warnings.length;
warnings.append(...data.warnings.map((text) => el("li", {}, text)));
if (data.map) {
  for (const name of Object.keys(data.map.figures)) chosen.append(el("option", name === data.by ? { value: name, selected: "" } : { value: name }, figureOf[name].label));
  chosen.addEventListener("change", map);
  document.getElementById("cells").textContent = data.map.others.length ? `each cell is the median over ${data.map.others.map(last).join(", ")}` : "";
} else document.getElementById("mapped").remove();
beside.checked = comparable(...Object.values(data.walk.lines));
beside.addEventListener("change", walk);
function draw() {
  if (data.map) map();
  walk();
}
tries();
draw();
let width = innerWidth;
addEventListener("resize", () => { if (innerWidth !== width) { width = innerWidth; draw(); } });
