/** Who owns each partition, how far behind it is, and in which state. */

import {keep, panel} from '../../components/panel.js';
import {atMost} from '../../core/clock.js';
import {count} from '../../core/format.js';
import {strip} from '../../charts/strip.js';

/** @param {import('../../app.js').Context} ctx */
export function partitionsPanel(ctx) {
  const box = panel('Partitions');
  const cells = strip('#/fleet', 12);
  const data = keep(box, () => ctx.api.get('fleet/partitions', {signal: ctx.signal}), ({items}) => {
    if (!items.length) return box.empty('No partition of decisions yet', 'Create the topics: alphapulse topics create.');
    box.note(count(items.length, 'partition'));
    cells.update(items);
    box.show(cells.node);
  }, {signal: ctx.signal, every: 5000});
  return {panel: box, heard: atMost(1000, data.again, ctx.signal)};
}
