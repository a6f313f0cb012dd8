/** Only in the demo: kill a worker, start one, and watch what follows. */

import {pause} from '../../core/api.js';
import {has} from '../../core/has.js';
import {h, put, say} from '../../core/dom.js';
import {label, span} from '../../core/format.js';
import {panel} from '../../components/panel.js';
import {icon} from '../../components/icons.js';
import {told} from '../../control/told.js';

const LOOK_MS = 2000;

/** @param {import('../../app.js').Context} ctx @param {HTMLElement} place where the panel goes, if there is a demo @param {(partitions: number[], at: number) => void} killed */
export async function demo(ctx, place, killed) {
  if (!await has('demo') || ctx.signal.aborted) return;
  const box = panel('The demo', {note: 'these buttons exist here only'});
  const victim = h('select', {'aria-label': 'Worker to kill'});
  const kill = h('button.danger', {type: 'button', onclick: () => act('kill')}, 'Kill a worker');
  const start = h('button', {type: 'button', onclick: () => act('start')}, icon('plus'), 'Start a worker');
  const said = h('p', {role: 'status'});
  const may = ctx.session.can('operate');
  let found = /** @type {any} */ (null);
  let busy = false;

  const draw = (/** @type {any} */ next) => {
    found = next;
    const alive = next.workers.filter((/** @type {any} */ one) => one.state !== 'killed' && one.seconds_since_kill === null);
    const names = alive.map((/** @type {any} */ one) => one.name);
    if (names.join('\n') !== [...victim.options].map((one) => one.value).join('\n')) {
      const chosen = victim.value;
      put(victim, alive.map((/** @type {any} */ one) => h('option', {value: one.name, selected: one.name === chosen}, `${label(one.name, 40)}${one.partitions.length ? `, partitions ${one.partitions.join(', ')}` : ''}`)));
    }
    const dead = next.workers.filter((/** @type {any} */ one) => one.seconds_since_kill !== null).sort((/** @type {any} */ a, /** @type {any} */ b) => a.seconds_since_kill - b.seconds_since_kill)[0];
    kill.disabled = !next.free || !names.length;
    start.disabled = !next.free;
    if (!next.free) say(said, 'The demo still shows its own steps: the buttons act once its market goes on.');
    else if (dead && dead.seconds_since_kill < 120) say(said, `${label(dead.name, 40)} was killed ${span(dead.seconds_since_kill * 1000)} ago. Watch its partitions.`);
    else say(said, 'A kill is a SIGKILL: nothing is handed over. What the worker had not committed is decided again by the next owner, byte for byte.');
  };
  const act = async (/** @type {'kill'|'start'} */ name) => {
    if (busy) return;
    busy = true;
    try {
      const worker = name === 'kill' ? victim.value : '';
      const owned = found?.workers.find((/** @type {any} */ one) => one.name === worker)?.partitions ?? [];
      draw(await ctx.api.send('POST', 'demo', {body: {act: name, ...(worker ? {worker} : {})}}));
      if (name === 'kill') killed(owned, ctx.now());
    } catch (error) {
      const {said: why, hint} = told(error);
      say(said, `${why} ${hint}`);
    } finally {
      busy = false;
    }
  };
  put(place, box.node);
  box.show(may ? h('div.row.wide', h('div.row', victim, kill), start) : h('p.muted', 'The role “operate” may kill and start workers here.'), said);
  while (!ctx.signal.aborted) {
    if (!busy && !document.hidden) await ctx.api.get('demo', {signal: ctx.signal}).then(draw, (error) => ctx.signal.aborted || say(said, `The demo does not answer: ${label(error.message, 160)}`));
    await pause(LOOK_MS, ctx.signal).catch(() => {});
  }
}
