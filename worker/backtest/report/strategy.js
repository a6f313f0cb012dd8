// A table from headings and rows of texts; the first cell of a row is its heading.
function filled(id, columns, rows) {
  const top = el("thead"), head = el("tr"), body = el("tbody");
  head.append(...columns.map((name) => el("th", { scope: "col", class: name === "meaning" ? "words" : "" }, name)));
  top.append(head);
  for (const [first, ...cells] of rows) {
    const row = el("tr");
    row.append(el("th", { scope: "row" }, first), ...cells.map((cell) => (cell instanceof Node ? cell : el("td", {}, cell))));
    body.append(row);
  }
  document.getElementById(id).append(top, body);
}

const words = (text) => el("td", { class: "words" }, text ?? "");
const money = (x) => el("td", { class: x > 0 ? "up" : x < 0 ? "down" : "" }, plain(x));
const when = ({ symbol, ts }) => `${new Date(ts).toISOString().slice(0, 16).replace("T", " ")} ${symbol}`;
const given = (x) => (x === null ? "–" : typeof x === "number" ? x.toLocaleString("en-US", { maximumSignificantDigits: 12 }) : String(x));

// The strategy: its parameters, how often it could be asked and answered, and its results by tag.
function told() {
  const own = data.strategy;
  for (const id of ["own", "tagged", "undone"]) document.getElementById(id).hidden = !own;
  if (!own) return;
  document.getElementById("own-name").textContent = `${own.name}, version ${own.version}`;
  filled("parameters", ["parameter", "value", "default", "range", "meaning"],
    own.parameters.map((one) => [one.name, el("td", { class: one.value === one.default ? "" : "other" }, given(one.value)), given(one.default), one.range ?? "any", words(one.meaning)]));
  if (!own.parameters.length) document.getElementById("parameters").replaceWith(el("p", { class: "empty" }, "It has no parameters."));
  filled("statuses", ["status", "bars", "first", "meaning"],
    own.statuses.map((one) => [one.status.replaceAll("_", " "), whole(one.bars), when(one.first), words(one.meaning)]));
  const unknown = document.getElementById("unknown");
  for (const { indicator, symbols } of own.unknown) {
    const { timeframe, warm_up } = own.indicators.find((one) => one.name === indicator) ?? {};
    const bars = `${whole(warm_up ?? 0)} bar${warm_up === 1 ? "" : "s"}`;
    const needs = indicator.startsWith("c.extra.") ? "their ticks have no such number" : !warm_up ? "observe never published it" : timeframe ? `it needs ${bars} of ${timeframe}, made of bars that are no longer` : `it needs ${bars}`;
    unknown.append(el("li", {}, `${indicator} was known at no bar of ${whole(symbols)} symbol${symbols === 1 ? "" : "s"}: ${needs}`));
  }
  unknown.hidden = !own.unknown.length;
  const columns = ["trades", "with a gain", "result", "of a trade", "bars held"];
  const results = (rows) => rows.map((one) => [one.tag, whole(one.trades), share(one.hit_rate), money(one.pnl), money(one.mean), plain(one.bars_held)]);
  filled("tags", ["entered by", ...columns], results(own.tags));
  filled("exits", ["left by", ...columns], results(own.exits));
  document.getElementById("no-tags").hidden = own.tags.length > 0;
}

// What the strategy asked for at a bar and did not get.
function asked() {
  const own = data.strategy;
  if (!own) return;
  document.getElementById("no-undone").hidden = own.not_done.length > 0;
  filled("not-done", ["asked with", "first reason against it", "bars", "first", "meaning"],
    own.not_done.map((one) => [one.tag, one.reason, whole(one.bars), when(one.first), words(one.meaning)]));
}
