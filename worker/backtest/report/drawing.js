"use strict";
const data = JSON.parse(document.getElementById("data").textContent);
const el = (name, attributes = {}, text) => {
  const svg = ["svg", "path", "line", "text", "rect", "g", "title"].includes(name);
  const node = svg ? document.createElementNS("http://www.w3.org/2000/svg", name) : document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  if (text !== undefined) node.textContent = text;
  return node;
};
const color = (n) => `var(--c${Math.min(n, 5)})`;
const whole = (x) => (x === null ? "–" : x.toLocaleString("en-US"));
const short = (x) => Math.abs(x) < 1e6 ? x.toLocaleString("en-US", { maximumSignificantDigits: 6 })
  : x.toLocaleString("en-US", { notation: "compact", maximumSignificantDigits: 4 });
const plain = (x) => (x === null ? "–" : Math.abs(x) >= 1e9 ? x.toExponential(2) : x.toLocaleString("en-US", { minimumFractionDigits: 2, maximumFractionDigits: 2, signDisplay: "negative" }));
const share = (x) => (x === null ? "–" : `${plain(100 * x)}%`);
const DAY = 864e5;
const date = (t, span) => {
  const text = new Date(t).toISOString();
  return span > 10 * DAY ? text.slice(0, 10) : text.slice(5, 16).replace("T", " ");
};

// Round steps: 1, 2 or 5 times a power of ten.
function ticks(low, high, wanted) {
  const raw = (high - low) / wanted || 1;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((m) => m * power).find((s) => s >= raw);
  const found = [];
  for (let k = Math.ceil(low / step); k * step <= high + step * 1e-9; k++) found.push(k * step || 0);
  return found;
}

function frame(figure, times, values, height, unit = "") {
  figure.replaceChildren();
  const width = Math.max(figure.clientWidth, 280);
  const svg = el("svg", { viewBox: `0 0 ${width} ${height}`, height, role: "img" });
  let [low, high] = [Math.min(...values), Math.max(...values)];
  if (low === high) { low -= 1; high += 1; }
  const pad = (high - low) * 0.04;
  low -= pad; high += pad;
  const marks = ticks(low, high, height / 55).map((v) => [v, short(v) + unit]);
  // A character of 11px is no wider than 7.
  const box = { left: 8, right: width - 14 - 7 * Math.max(...marks.map(([, text]) => text.length)), top: 8, bottom: height - 22 };
  const [start, end] = times, span = Math.max(end - start, 1);
  const x = (t) => box.left + ((t - start) / span) * (box.right - box.left);
  const y = (v) => box.bottom - ((v - low) / (high - low)) * (box.bottom - box.top);
  for (const [v, text] of marks) {
    svg.append(el("line", { class: "grid", x1: box.left, x2: box.right, y1: y(v), y2: y(v) }));
    svg.append(el("text", { x: box.right + 6, y: y(v) + 4 }, text));
  }
  const labels = end > start ? Math.max(2, Math.floor(width / 150)) : 0;
  for (let k = 0; k <= labels; k++) {
    const t = start + (span * k) / (labels || 1);
    const anchor = k === 0 ? "start" : k === labels ? "end" : "middle";
    svg.append(el("text", { x: x(t), y: height - 6, "text-anchor": anchor }, date(t, span)));
  }
  figure.append(svg);
  return { svg, x, y, box, start, span, width, low };
}

const kind = (line) => (line.t.length === 1 ? "dot" : "line");
const path = (line, x, y) => line.t.length === 1 ? `M${x(line.t[0])} ${y(line.v[0])}h0.01` : line.t.map((t, i) => `${i ? "L" : "M"}${x(t).toFixed(1)} ${y(line.v[i]).toFixed(1)}`).join("");
const bounds = (lists) => lists.reduce(([a, b], l) => [Math.min(a, l[0]), Math.max(b, l[l.length - 1])], [Infinity, -Infinity]);

function key(figure, entries) {
  const list = el("div", { class: "key" });
  for (const [name, fill] of entries) {
    const item = el("span");
    item.append(el("i", { style: `background:${fill}` }), document.createTextNode(name));
    list.append(item);
  }
  figure.append(list);
}

function hover(figure, f, say) {
  const tip = el("div", { class: "tip" });
  const rule = el("line", { class: "grid", y1: f.box.top, y2: f.box.bottom, visibility: "hidden" });
  f.svg.append(rule);
  figure.append(tip);
  f.svg.addEventListener("pointermove", (event) => {
    const at = Math.min(Math.max(event.clientX - f.svg.getBoundingClientRect().left, f.box.left), f.box.right);
    const t = f.start + ((at - f.box.left) / (f.box.right - f.box.left)) * f.span;
    tip.textContent = say(t);
    tip.style.visibility = "visible";
    tip.style.left = `${Math.min(Math.max(at - tip.offsetWidth / 2, 0), f.width - tip.offsetWidth)}px`;
    rule.setAttribute("x1", at); rule.setAttribute("x2", at); rule.setAttribute("visibility", "visible");
  });
  f.svg.addEventListener("pointerleave", () => { tip.style.visibility = "hidden"; rule.setAttribute("visibility", "hidden"); });
}

function before(line, t) {
  let low = 0, high = line.t.length;
  while (low < high) { const mid = (low + high) >> 1; if (line.t[mid] <= t) low = mid + 1; else high = mid; }
  return line.v[Math.max(low - 1, 0)];
}

const units = { percent: share, count: whole, number: plain, money: plain };
const reach = (line) => Math.max(...line.v.map(Math.abs), 0);
// Beside a curve that is much larger the strategy's would be a straight line.
const comparable = (own, held) => !held || reach(held) <= 5 * reach(own);
