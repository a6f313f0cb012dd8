let focus = null; // the trade whose time alone the price shows: {symbol, from, to, bars}

function curves(id, lines, height) {
  const figure = document.getElementById(id), shown = beside.checked ? 2 : 1;
  const named = Object.entries(lines).filter(([, line]) => line.t.length).slice(0, shown);
  if (!named.length) { figure.replaceChildren(el("p", { class: "empty" }, "No bar was accepted.")); return; }
  const f = frame(figure, bounds(named.map(([, l]) => l.t)), [0, ...named.flatMap(([, l]) => l.v)], height, "%");
  f.svg.setAttribute("aria-label", id);
  f.svg.append(el("line", { x1: f.box.left, x2: f.box.right, y1: f.y(0), y2: f.y(0), stroke: "var(--quiet)", "stroke-dasharray": "3 3" }));
  // The strategy is drawn last, on top.
  for (const [n, [, line]] of [...named.entries()].reverse()) {
    const d = path(line, f.x, f.y);
    if (id === "drawdown" && n === 0) {
      const last = line.t[line.t.length - 1];
      f.svg.append(el("path", { d: `${d}L${f.x(last)} ${f.y(0)}L${f.x(line.t[0])} ${f.y(0)}Z`, fill: color(0), opacity: 0.25 }));
    }
    f.svg.append(el("path", { class: kind(line), d, stroke: color(n) }));
  }
  key(figure, [...named.map(([name], n) => [name, color(n)]), ["doing nothing (0)", "var(--quiet)"]]);
  hover(figure, f, (t) => `${date(t, f.span)}  ${named.map(([name, l]) => `${name} ${plain(before(l, t))}%`).join("  ")}`);
}

function rejected() {
  const figure = document.getElementById("rejections"), given = data.rejections;
  if (!given) { figure.replaceChildren(el("p", { class: "empty" }, "No record was rejected.")); return; }
  const bins = given.edges.length - 1;
  const sums = Array.from({ length: bins }, (_, k) => given.series.reduce((sum, [, counts]) => sum + counts[k], 0));
  const f = frame(figure, [given.edges[0], given.edges[bins]], [0, ...sums], 220);
  f.svg.setAttribute("aria-label", "rejections by reason over time");
  for (let k = 0; k < bins; k++) {
    let base = 0;
    given.series.forEach(([, counts], n) => {
      if (!counts[k]) return;
      const top = f.y(base + counts[k]), x = f.x(given.edges[k]);
      f.svg.append(el("rect", { x: x + 0.5, y: top, width: Math.max(f.x(given.edges[k + 1]) - x - 1, 1), height: f.y(base) - top, fill: color(n) }));
      base += counts[k];
    });
  }
  key(figure, given.series.map(([name, counts], n) => [`${name} ${whole(counts.reduce((a, b) => a + b, 0))}`, color(n)]));
  hover(figure, f, (t) => {
    const k = Math.min(Math.floor(((t - f.start) / f.span) * bins), bins - 1);
    const parts = given.series.filter(([, c]) => c[k]).map(([name, c]) => `${name} ${whole(c[k])}`);
    return `${date(given.edges[k], f.span)}  ${parts.join("  ") || "none"}`;
  });
}

function figures() {
  const table = document.getElementById("figures"), columns = Object.keys(data.portfolio);
  const head = el("tr");
  head.append(el("th"), ...columns.map((name) => el("th", { scope: "col" }, name.replaceAll("_", " "))));
  const body = el("tbody");
  for (const [name, label, unit] of data.labels) {
    const row = el("tr"), first = el("th", { scope: "row" }, label);
    if (data.verdicts[name]) first.append(el("small", {}, data.verdicts[name]));
    row.append(first, ...columns.map((column) => el("td", {}, units[unit](data.portfolio[column][name]))));
    body.append(row);
  }
  const top = el("thead");
  top.append(head);
  table.append(top, body);
}

function returns() {
  const table = document.getElementById("returns");
  if (!data.returns.length) { table.replaceWith(el("p", { class: "empty" }, "No bar was accepted.")); return; }
  const names = ["", "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec", "year"];
  const head = el("tr"), top = el("thead"), body = el("tbody");
  head.append(...names.map((name) => el("th", { scope: "col" }, name)));
  for (const { year, months, total } of [...data.returns].reverse()) {
    const row = el("tr");
    row.append(el("th", { scope: "row" }, year));
    [...months, total].forEach((x, n) => {
      const sign = x > 0 ? "up" : x < 0 ? "down" : "";
      row.append(el("td", { class: n === 12 ? `${sign} year` : sign }, x === null ? "" : plain(100 * x)));
    });
    body.append(row);
  }
  top.append(head);
  table.append(top, body);
}

function list() {
  const { rows, all } = data.trades, table = document.getElementById("trades");
  document.getElementById("listed").textContent =
    !all ? "" : all > rows.length ? `the newest ${whole(rows.length)} of ${whole(all)}; all are in trades.parquet; select one's time to see it on the price` : `all ${whole(all)}, the newest first; select one's time to see it on the price`;
  if (!all) { table.replaceWith(el("p", { class: "empty" }, "No trade was closed.")); return; }
  const names = ["symbol", "from", "to", "side", "quantity", "entry", "exit", "result", "of the budget", "bars", "closed by"];
  if (data.strategy) names.splice(10, 0, "entered by");
  const head = el("tr"), top = el("thead"), body = el("tbody");
  head.append(...names.map((name) => el("th", { scope: "col" }, name)));
  const span = bounds(Object.values(data.equity).map((line) => line.t)), wide = span[1] - span[0];
  for (const [symbol, from, to, side, qty, entry, exit, pnl, part, bars, reason, suspect, tag, left] of rows) {
    const row = el("tr"), sign = pnl > 0 ? "up" : pnl < 0 ? "down" : "";
    const cells = [symbol, date(from, wide), date(to, wide), side > 0 ? "long" : "short", short(qty), short(entry), short(exit), plain(pnl), share(part),
      whole(bars), (left ?? reason.replaceAll("_", " ")) + (suspect ? " (suspect)" : "")];
    if (data.strategy) cells.splice(10, 0, tag ?? "–");
    row.append(...cells.map((text, n) => el("td", n === 7 || n === 8 ? { class: sign } : {}, text)));
    const drawn = data.prices.findIndex((one) => one.symbol === symbol && one.trades.some((each) => each[0] === from && each[1] === to));
    if (drawn >= 0) {
      const button = el("button", { type: "button", title: "show it on the price" }, date(from, wide));
      button.addEventListener("click", () => look({ symbol: drawn, from, to, bars }));
      row.children[1].replaceChildren(button);
    }
    body.append(row);
  }
  top.append(head);
  table.append(top, body);
}

function about() {
  const a = data.about, facts = document.getElementById("about");
  const many = (n, one) => `${whole(n)} ${n === 1 ? one : `${one}s`}`;
  const cost = (c) => `${c.profile} (${many(c.symbols, "symbol")}): fee ${c.fee_bps} bp, half spread ${c.half_spread_bps} bp, slippage ${c.slippage_bps} bp, budget ${short(c.budget)}${c.quote ? ` ${c.quote}` : ""} each`;
  const parameters = Object.entries(a.parameters).map(([name, value]) => `${name} = ${JSON.stringify(value)}`);
  const period = a.first ? `${a.first.slice(0, 16).replace("T", " ")} to ${a.last.slice(0, 16).replace("T", " ")} UTC, ${plain(a.years)} years` : "–";
  const entries = [
    ["input", a.inputs.join(", ") || "–"],
    ["period", period],
    ["bars", `${many(a.decisions, "bar")} of ${a.intervals.join(", ") || "–"} accepted, ${whole(a.rejections)} records rejected, ${many(data.rows.length, "symbol")}`],
    ["costs", a.costs.map(cost).join("; ") || "–"],
    ...(data.strategy ? [["strategy", `${data.strategy.name}, version ${data.strategy.version}, sha256 ${data.strategy.digest}`]] : []),
    [data.strategy ? "settings" : "parameters", parameters.join("; ") || "all defaults"],
    ["version", `${a.version}, engine ${a.engine_version}, features ${a.feature_set_version}, configuration ${a.config_hash}`],
  ];
  for (const [name, text] of entries) facts.append(el("dt", {}, name), el("dd", {}, text));
  document.getElementById("basis").textContent = `${short(Math.round(100 * a.periods_per_year) / 100)} returns a year`;
  const warnings = document.getElementById("warnings");
  warnings.hidden = !data.warnings.length;
  warnings.append(...data.warnings.map((text) => el("li", {}, text)));
}

function symbols() {
  const columns = [["symbol", "symbol", String], ["bars", "bars", whole], ["rejected", "rejected", whole], ["total_return", "return", share],
    ["hold", "buy and hold", share], ["sharpe", "Sharpe", plain], ["max_drawdown", "max drawdown", share], ["trades", "trades", whole],
    ["hit_rate", "hit rate", share], ["profit_factor", "profit factor", plain], ["exposure", "exposure", share]];
  const table = document.getElementById("symbols"), top = el("thead"), head = el("tr"), body = el("tbody");
  const fill = (rows) => body.replaceChildren(...rows.map((row) => {
    const line = el("tr");
    line.append(...columns.map(([name, , write]) => el("td", {}, write(row[name]))));
    return line;
  }));
  for (const [name, label] of columns) {
    const cell = el("th", { scope: "col" }), button = el("button", { type: "button" }, label);
    button.addEventListener("click", () => {
      const up = cell.getAttribute("aria-sort") === "descending";
      head.querySelectorAll("th").forEach((other) => other.removeAttribute("aria-sort"));
      cell.setAttribute("aria-sort", up ? "ascending" : "descending");
      const sign = up ? 1 : -1;
      // What is not defined comes last either way.
      fill([...data.rows].sort((a, b) => (a[name] === null) - (b[name] === null) || (a[name] < b[name] ? -sign : a[name] > b[name] ? sign : 0)));
    });
    cell.append(button);
    head.append(cell);
  }
  top.append(head);
  table.append(top, body);
  fill(data.rows);
}
