"""Keys, tombstones and schema-registry frames."""

from __future__ import annotations

from tests.corpus.case import KEY, made, text

BAR = text()
MALFORMED, MISMATCH = "malformed_record", "key_mismatch"

CASES = [
    made("a valid bar", BAR, None),
    made("tombstone", None, "tombstone"),
    made("tombstone without key", None, "missing_key", key=None),
    made("tombstone of an unknown symbol", None, "tombstone", key=b"NEVER"),
    made("null key", BAR, "missing_key", key=None),
    made("null key and bad value", b"{", "missing_key", key=None),
    made("empty key", BAR, MISMATCH, key=b""),
    made("key not UTF-8", BAR, MISMATCH, key=b"\xff\xfe"),
    made("key not UTF-8, bad value", b"{", MALFORMED, key=b"\xff\xfe"),
    made("key with a NUL", BAR, MISMATCH, key=KEY + b"\x00"),
    made("key in lower case", BAR, MISMATCH, key=KEY.lower()),
    made("key with a space", BAR, MISMATCH, key=KEY + b" "),
    made("key of another symbol", BAR, MISMATCH, key=b"OTHER"),
    made("key of 100,000 bytes", BAR, MISMATCH, key=b"K" * 100_000),
    made("known key, payload of another symbol", text(symbol="OTHER"), MISMATCH),
    made("key is JSON", BAR, MISMATCH, key=b'"CORPUS"'),
    made("bar behind a schema-registry frame", b"\x00\x00\x00\x00\x07" + BAR, None),
    made("schema-registry frame alone", b"\x00\x00\x00\x00\x07", MALFORMED),
    made("schema-registry frame cut", b"\x00\x00\x00", MALFORMED),
    made("schema-registry frame before half a bar", b"\x00\x00\x00\x00\x07" + BAR[:40], MALFORMED),
    made("two schema-registry frames", b"\x00\x00\x00\x00\x07" * 2 + BAR, MALFORMED),
    made("schema-registry frame before Avro", b"\x00\x00\x00\x00\x07\x0cCORPUS\x80\x01", MALFORMED),
]
