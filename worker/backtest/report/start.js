const beside = document.getElementById("beside");
const reach = (line) => Math.max(...line.v.map(Math.abs), 0);
const [own, held] = Object.values(data.equity);
// Beside a curve that is much larger the strategy's would be a straight line.
beside.checked = !held || reach(held) <= 5 * reach(own);
beside.addEventListener("change", draw);
const select = document.getElementById("symbol");
data.prices.forEach((one, n) => select.append(el("option", { value: n }, one.symbol)));
select.addEventListener("change", () => look(null));
document.getElementById("whole").addEventListener("click", () => look(null));
function draw() {
  curves("equity", data.equity, 300);
  curves("drawdown", data.drawdown, 200);
  priced();
  rejected();
}
about();
figures();
told();
returns();
list();
blocks(data.blocks);
asked();
symbols();
draw();
let width = innerWidth;
addEventListener("resize", () => { if (innerWidth !== width) { width = innerWidth; draw(); } });
