// The portfolio's risk: lines beside their limits, days beside the value at risk, and what was in force.
const dashed = (f, v, stroke) => f.svg.append(el("line", { x1: f.box.left, x2: f.box.right, y1: f.y(v), y2: f.y(v), stroke, "stroke-width": 1.5, "stroke-dasharray": "6 4" }));
const stairs = (line, x, y) => line.t.map((t, i) => (i ? `H${x(t).toFixed(1)}V${y(line.v[i]).toFixed(1)}` : `M${x(t).toFixed(1)} ${y(line.v[i]).toFixed(1)}`)).join("");
const spread = (id, times, values, height, unit, name) => {
  const figure = document.getElementById(id), f = frame(figure, times, values, height, unit);
  f.svg.setAttribute("aria-label", name);
  return [figure, f];
};

function limited() {
  const r = data.risk;
  if (!r || !r.lines.gross.t.length) return;
  const { gross, net, drawdown, size, capped } = r.lines, times = bounds(Object.values(r.lines).map((line) => line.t));
  const nought = (f) => f.svg.append(el("line", { x1: f.box.left, x2: f.box.right, y1: f.y(0), y2: f.y(0), stroke: "var(--quiet)", "stroke-dasharray": "3 3" }));
  const own = (f, line, n, how = path) => f.svg.append(el("path", { class: kind(line), d: line.t.length === 1 ? path(line, f.x, f.y) : how(line, f.x, f.y), stroke: color(n) }));

  const short_ = Math.min(0, ...net.v) < 0, least = short_ ? [-r.limits.net] : [];
  let [figure, f] = spread("risk-exposure", times, [0, r.limits.gross, r.limits.net, ...least, ...gross.v, ...net.v], 260, "%", "gross and net exposure with their limits");
  nought(f);
  dashed(f, r.limits.gross, color(0));
  for (const v of [r.limits.net, ...least]) dashed(f, v, color(1));
  own(f, gross, 0);
  own(f, net, 1);
  key(figure, [["gross", color(0)], ["net", color(1)], ["limits: dashed", "var(--quiet)"]]);
  hover(figure, f, (t) => `${date(t, f.span)}  gross ${plain(before(gross, t))}%  net ${plain(before(net, t))}%`);

  const { t: day, realised, var99, exceeded } = r.days;
  if (day.length) {
    [figure, f] = spread("risk-var", times, [0, -r.limits.var99, ...realised, ...var99], 240, "%", "result of each day beside the value at risk");
    nought(f);
    dashed(f, -r.limits.var99, color(0));
    const width = Math.max(Math.min((f.box.right - f.box.left) / day.length - 1, 8), 1);
    day.forEach((t, k) => {
      const [a, b] = [f.y(0), f.y(realised[k])];
      f.svg.append(el("rect", { x: f.x(t) - width / 2, y: Math.min(a, b), width, height: Math.max(Math.abs(a - b), 0.5), fill: exceeded[k] ? "var(--loss)" : color(5), opacity: exceeded[k] ? 1 : 0.7 }));
      if (exceeded[k]) f.svg.append(el("path", { class: "dot", d: `M${f.x(t)} ${b}h0.01`, stroke: "var(--loss)" }));
    });
    own(f, { t: day, v: var99 }, 0, stairs);
    key(figure, [["value at risk of the day, 99%", color(0)], ["result of the day", color(5)], [`lost more: ${whole(exceeded.filter(Boolean).length)} of ${whole(r.figures.var99_days)} days`, "var(--loss)"]]);
    hover(figure, f, (t) => {
      const at = Math.max(day.findLastIndex((each) => each <= t), 0);
      return `${date(day[at], f.span)}  result ${plain(realised[at])}%  value at risk ${plain(-var99[at])}%`;
    });
  } else document.getElementById("risk-var").replaceChildren(el("p", { class: "empty" }, "No day began with a value at risk."));

  [figure, f] = spread("risk-drawdown", times, [0, -r.limits.drawdown_soft, -r.limits.drawdown_hard, ...drawdown.v], 180, "%", "drawdown with its limits");
  nought(f);
  dashed(f, -r.limits.drawdown_soft, "var(--warn)");
  dashed(f, -r.limits.drawdown_hard, "var(--loss)");
  own(f, drawdown, 0);
  key(figure, [["drawdown", color(0)], ["sizes shrink from here", "var(--warn)"], ["all is closed here", "var(--loss)"]]);
  hover(figure, f, (t) => `${date(t, f.span)}  drawdown ${plain(before(drawdown, t))}%`);

  [figure, f] = spread("risk-force", times, [0, 100], 150, "%", "limits in force");
  const shade = (given, fill, opacity) => given.forEach(([from, to]) => f.svg.append(el("rect", { x: f.x(from), y: f.box.top, width: Math.max(f.x(to) - f.x(from), 1), height: f.box.bottom - f.box.top, fill, opacity })));
  shade(r.blocked, "var(--warn)", 0.3);
  shade(r.killed, "var(--loss)", 0.55);
  own(f, size, 0, stairs);
  const within = (given, t) => given.some(([from, to]) => from <= t && t < to);
  key(figure, [["size of new positions (risk_mult)", color(0)], ["no opens", "var(--warn)"], ["all closed", "var(--loss)"]]);
  hover(figure, f, (t) => `${date(t, f.span)}  size ${plain(before(size, t))}%  ${whole(before(capped, t))} symbols capped${within(r.killed, t) ? "  all closed" : within(r.blocked, t) ? "  no opens" : ""}`);
}

function tripped() {
  if (!data.risk) return;
  document.getElementById("risk").hidden = false;
  const { figures } = data.risk, table = document.getElementById("nearness"), list = document.getElementById("trips");
  const rows = Object.entries(figures.largest).map(([name, one]) => [name.replaceAll("_", " "), share(one.figure), share(one.limit)]);
  fillTable(table, ["", "largest", "limit"], rows);
  const counts = Object.entries(figures.trips).map(([rule, count]) => `${rule} ${whole(count)}`).join(", ");
  document.getElementById("risk-told").textContent = `Capital ${short(figures.capital)} ${figures.currency}, at the end ${short(figures.equity)}. ${whole(figures.steps)} steps: ${whole(figures.steps_without_opens)} without opens, ${whole(figures.steps_killed)} with all closed. Tripped: ${counts || "no limit"}.`;
  if (!figures.newest_trips.length) { list.replaceWith(el("p", { class: "empty" }, "No limit tripped.")); return; }
  const span = bounds([data.risk.lines.gross.t]), wide = span[1] - span[0];
  fillTable(list, ["tripped", "rule", "of", "figure", "limit"], figures.newest_trips.map((one) => [date(one.ts, wide), one.rule.replaceAll("_", " "), one.key, one.figure === null ? "∞" : share(one.figure), share(one.limit)]));
}

function fillTable(table, names, rows) {
  const top = el("thead"), head = el("tr"), body = el("tbody");
  head.append(...names.map((name) => el("th", { scope: "col" }, name)));
  for (const cells of rows) {
    const row = el("tr");
    row.append(el("th", { scope: "row" }, cells[0]), ...cells.slice(1).map((cell) => el("td", {}, cell)));
    body.append(row);
  }
  top.append(head);
  table.append(top, body);
}
