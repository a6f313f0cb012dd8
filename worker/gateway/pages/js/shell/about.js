/** What the pages are made of: third-party scripts with their notices and licences. */

import {h} from '../core/dom.js';
import {dialog} from '../components/dialog.js';
import {failed} from '../components/states.js';

const HERE = new URL('../../', import.meta.url);

export async function about() {
  const body = h('div.stack');
  dialog('Licences', [body]);
  try {
    const answer = await fetch(new URL('third_party.json', HERE));
    const packages = await answer.json();
    body.append(h('p', 'AlphaPulse worker is licensed under the Apache License 2.0. These pages also use:'),
      ...packages.map((one) => h('div',
        h('h3', h('a', {href: one.home, target: '_blank', rel: 'noopener'}, `${one.package} ${one.version}`)),
        h('p', one.notice),
        h('p.muted', one.licence, ' ', one.files.filter((file) => file.to.includes('LICENSE')).map((file) =>
          h('a', {href: new URL(`vendor/${file.to}`, HERE).pathname, target: '_blank', rel: 'noopener'}, 'text of the licence'))))));
  } catch (error) {
    body.append(failed(error));
  }
}
