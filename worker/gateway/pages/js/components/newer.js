/** Says that a record was written in a newer form than these pages know. */

import {tag} from './marks.js';

const KNOWN = 1;

/** @param {any} record @returns {HTMLElement|null} */
export function newer(record) {
  const version = record?.schema_version;
  if (version === KNOWN) return null;
  const said = version === undefined ? 'no schema version' : `schema ${version}`;
  return tag(`${said}: fields may be missing here`, 'warn', 'These pages know schema 1. Upgrade the gateway to see all of the record.');
}
