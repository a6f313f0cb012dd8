// The pages' own module draws a course like those of `symbols/{s}/bars`. The time of an update is that of the call and
// of the frame that draws it, so that what the library puts off counts.
async ([bars, markers, updates]) => {
  const base = document.querySelector('script[type=module]').src.replace(/app\.js$/, '');
  const {candles} = await import(`${base}charts/candles.js`);
  const {course, grow} = await import(`${base}views/symbol/course.js`);
  const at = (n) => 100 + Math.sin(n / 40) * 8 + Math.sin(n * 12.9898) * 0.8;
  const bar = (n) => ({open: at(n), high: Math.max(at(n), at(n + 1)) + 0.3, low: Math.min(at(n), at(n + 1)) - 0.3, close: at(n + 1), volume: 1000 + n % 700});
  const range = [...Array(bars).keys()];
  const columns = {ts: range.map((n) => n * 60000), close_ts: range.map((n) => n * 60000 + 60000), sequence: range.map((n) => n + 1), interval: '1m', action: range.map(() => 'hold'), stop: range.map(() => null), target: range.map(() => null)};
  for (const name of ['open', 'high', 'low', 'close', 'volume']) columns[name] = range.map((n) => bar(n)[name]);
  columns.markers = [...Array(markers).keys()].map((n) => ({ts: Math.floor(n * bars / markers) * 60000, action: n % 2 ? 'close' : 'open_long', side: 1, qty: 1, price: 100}));
  const own = new AbortController();
  const made = candles({name: 'frames', height: '400px', pick: () => {}, signal: own.signal});
  const box = document.createElement('div');
  box.style.cssText = 'position:fixed;inset:0;z-index:9;background:white';
  box.append(made.node);
  document.body.append(box);
  const all = course(columns);
  made.show(all);
  const frame = () => new Promise(requestAnimationFrame);
  for (let n = 0; n < 40 && !box.querySelector('canvas'); n += 1) await frame();
  if (!box.querySelector('canvas')) throw new Error('nothing was drawn');
  for (let n = 0; n < 10; n += 1) await frame();
  const took = [];
  for (let n = bars; n < bars + updates; n += 1) {
    const drawn = new Promise((done) => requestAnimationFrame(() => {
      const began = performance.now();
      const channel = new MessageChannel();
      channel.port1.onmessage = () => done(performance.now() - began);
      channel.port2.postMessage(0);
    }));
    const began = performance.now();
    grow(all, {sequence: n + 1, ts: n * 60000, close_ts: n * 60000 + 60000, bar: bar(n), action: n % 10 ? 'hold' : 'open_long', side: 1, qty: 1, ref_price: 100, position: {}, reasons: []});
    made.grew();
    took.push(performance.now() - began + await drawn);
  }
  own.abort();
  box.remove();
  return took.sort((a, b) => a - b)[Math.floor(updates / 2)];
}
