const beside = document.getElementById("beside");
beside.checked = comparable(...Object.values(data.equity));
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
  limited();
}
about();
figures();
tripped();
told();
returns();
list();
blocks(data.blocks);
asked();
symbols();
draw();
let width = innerWidth;
addEventListener("resize", () => { if (innerWidth !== width) { width = innerWidth; draw(); } });
