// What kept positions from being opened: the sentences, and a row a gate.
function blocks(given) {
  const why = document.getElementById("why"), table = document.getElementById("blocks");
  for (const text of [given.sentence, ...given.all.hints]) why.append(document.createTextNode(text), el("br"));
  const rows = [
    ...given.all.gates.map((gate) => ["forbids", gate]),
    ...given.all.cut.map((gate) => ["makes smaller", gate]),
    ...given.all.unfilled.map((gate) => ["order", gate]),
  ];
  if (!rows.length) return;
  const top = el("thead"), head = el("tr"), body = el("tbody");
  const columns = ["gate", "effect", "came first", "signals", "share of signals", "setting"];
  head.append(...columns.map((name) => el("th", { scope: "col", class: name === "setting" ? "words" : "" }, name)));
  top.append(head);
  for (const [effect, gate] of rows) {
    const row = el("tr");
    row.append(el("th", { scope: "row" }, gate.reason));
    row.append(...[effect, whole(gate.first), whole(gate.signals), share(gate.share)].map((cell) => el("td", {}, cell)), words(gate.setting));
    body.append(row);
  }
  table.append(top, body);
}
