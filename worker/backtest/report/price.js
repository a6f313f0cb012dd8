// Show the time of one trade alone; null = the whole period.
function look(trade) {
  focus = trade;
  if (trade) document.getElementById("symbol").value = trade.symbol;
  document.getElementById("whole").hidden = !trade;
  priced();
  if (trade) document.getElementById("price").scrollIntoView({ block: "center" });
}

// The points of a line between two times, and those next to them.
function within(line, start, end) {
  const first = line.t.findIndex((t) => t >= start), last = line.t.findIndex((t) => t > end);
  const from = Math.max((first < 0 ? line.t.length : first) - 1, 0), to = last < 0 ? line.t.length : last + 1;
  return { t: line.t.slice(from, to), v: line.v.slice(from, to) };
}

// Levels hold until the next one.
const steps = (line, end, x, y) => line.t.map((t, i) => `${i ? `H${x(t).toFixed(1)}V` : `M${x(t).toFixed(1)} `}${y(line.v[i]).toFixed(1)}`).join("") + `H${x(end).toFixed(1)}`;

// The price of the chosen symbol, its trades with their tags, and their stops and targets where they are wide enough.
function priced() {
  const figure = document.getElementById("price"), chosen = data.prices[document.getElementById("symbol").value || 0];
  if (!chosen || !chosen.close.t.length) { figure.replaceChildren(el("p", { class: "empty" }, "No bar was accepted.")); return; }
  let [start, end] = bounds([chosen.close.t]), line = chosen.close, drawn = chosen.trades;
  if (focus) {
    const room = Math.max(focus.to - focus.from, (40 * (focus.to - focus.from)) / (focus.bars + 1));
    [start, end] = [Math.max(focus.from - room, start), Math.min(focus.to + room, end)];
    line = within(line, start, end);
    drawn = drawn.filter(([from, to]) => to >= start && from <= end);
  }
  const chosenOne = (from, to) => focus && focus.from === from && focus.to === to;
  const levels = drawn.flatMap(([from, to, , entry, exit, , , , , stop, target]) => focus ? [entry, exit, ...(chosenOne(from, to) ? [...(stop?.v ?? []), ...(target?.v ?? [])] : [])] : []);
  const f = frame(figure, [start, end], [...line.v, ...levels], 340);
  f.svg.setAttribute("aria-label", `price and trades of ${chosen.symbol}`);
  const x = (t) => Math.min(Math.max(f.x(t), f.box.left), f.box.right), y = (v) => Math.min(Math.max(f.y(v), f.box.top), f.box.bottom);
  f.svg.append(el("path", { class: kind(line), d: path(line, x, y), stroke: "var(--quiet)" }));
  const lines = [];
  for (const [from, to, side, entry, exit, pnl, reason, tag, left, stop, target] of drawn) {
    const fill = pnl > 0 ? "var(--gain)" : "var(--loss)", at = x(from), open = y(entry), until = x(to), close = y(exit);
    const mark = el("g");
    mark.append(el("title", {}, `${side > 0 ? "long" : "short"} ${date(from, f.span)} to ${date(to, f.span)}: ${short(pnl)} (${tag ? `${tag}, ` : ""}${left ?? reason.replaceAll("_", " ")})`));
    if (until - at >= 12) {
      for (const [name, level, stroke] of [["stop", stop, "var(--c1)"], ["target", target, "var(--c0)"]]) {
        if (!level) continue;
        mark.append(el("path", { class: "line", d: steps(level, to, x, y), stroke, "stroke-dasharray": "4 3" }));
        lines.push([name, stroke]);
      }
    }
    mark.append(el("line", { x1: at, y1: open, x2: until, y2: close, stroke: fill, "stroke-width": 1.5 }));
    mark.append(el("path", { d: side > 0 ? `M${at} ${open - 5}l4.5 8h-9Z` : `M${at} ${open + 5}l4.5 -8h-9Z`, fill }));
    mark.append(el("path", { d: `M${until - 3} ${close - 3}l6 6m0 -6l-6 6`, stroke: fill, fill: "none", "stroke-width": 1.5 }));
    if (chosenOne(from, to)) {
      mark.append(el("text", { x: at - 8, y: open + 4, "text-anchor": "end", class: "tag" }, tag ?? (side > 0 ? "long" : "short")));
      mark.append(el("text", { x: until + 8, y: close + 4, class: "tag" }, left ?? reason.replaceAll("_", " ")));
    }
    f.svg.append(mark);
  }
  const shown = focus ? `${whole(drawn.length)} trade${drawn.length === 1 ? "" : "s"} here`
    : chosen.trades.length < chosen.all ? `the newest ${whole(chosen.trades.length)} of ${whole(chosen.all)} trades` : `${whole(chosen.all)} trades`;
  key(figure, [["close", "var(--quiet)"], ["gain", "var(--gain)"], ["loss", "var(--loss)"], ...new Map(lines)]);
  figure.lastChild.append(el("span", {}, `▲ long  ▼ short, at the entry  × at the exit; ${shown}`));
  hover(figure, f, (t) => {
    const held = drawn.filter(([from, to]) => from <= t && t <= to).map(([, , side, , , , , tag]) => tag ?? (side > 0 ? "long" : "short"));
    return `${date(t, f.span)}  ${short(before(chosen.close, t))}${held.length ? `  ${[...new Set(held)].join(", ")}` : ""}`;
  });
}
