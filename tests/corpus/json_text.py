"""JSON that is broken, deep, large or of another type than a bar."""

from __future__ import annotations

from tests.corpus.case import SYMBOL, fields, literal, made, text

BAR = text()
BODY = BAR[:-1]  # without the closing brace
MALFORMED, MISSING = "malformed_record", "missing_field"
PRICES = ("open", "high", "low", "close", "volume")


def _nested(levels: int, inner: bytes = b"") -> bytes:
    return BODY + b',"x":' + b"[" * levels + inner + b"]" * levels + b"}"


SYNTAX = [
    made("empty value", b"", MALFORMED),
    made("one space", b" ", MALFORMED),
    made("one NUL byte", b"\x00", MALFORMED),
    made("no JSON", b"hello", MALFORMED),
    made("half a bar", BAR[: len(BAR) // 2], MALFORMED),
    made("closing brace missing", BODY, MALFORMED),
    made("trailing comma", BODY + b",}", MALFORMED),
    made("trailing bytes", BAR + b"x", MALFORMED),
    made("two bars", BAR + BAR, MALFORMED),
    made("line break after the bar", BAR + b"\r\n", None),
    made("spaces around the bar", b"  \t" + BAR + b"  ", None),
    made("single quotes", BAR.replace(b'"', b"'"), MALFORMED),
    made("comment", BODY + b"/* */}", MALFORMED),
    made("csv", b"CORPUS,1700000040000,1,1,1,1,1", MALFORMED),
    made("xml", b"<bar/>", MALFORMED),
    made("byte order mark", b"\xef\xbb\xbf" + BAR, MALFORMED),
    made("utf-16", BAR.decode().encode("utf-16"), MALFORMED),
    made("utf-8 cut inside a character", BODY + b',"x":"\xe2\x82"}', None),  # unknown fields are not looked at
    made("bad utf-8 in the symbol", BAR.replace(SYMBOL.encode(), b"COR\xff\xfe"), MALFORMED),
    made("bad utf-8 in a field name", BAR.replace(b'"open"', b'"op\xff"'), MISSING),
    made("lone surrogate in the symbol", BAR.replace(b'"CORPUS"', b'"\\ud800"'), MALFORMED),
    made("NUL in the symbol", BAR.replace(b'"CORPUS"', b'"CORPUS\\u0000"'), MALFORMED),
    made("line break after the symbol", BAR.replace(b'"CORPUS"', b'"CORPUS\\n"'), MALFORMED, key=b"CORPUS\n"),
]
TYPES = [
    made("empty object", b"{}", MISSING),
    made("empty array", b"[]", MALFORMED),
    made("array of a bar", b"[" + BAR + b"]", MALFORMED),
    made("array of the values", b'["CORPUS",1700000040000,1,1,1,1,1]', MALFORMED),
    made("null", b"null", MALFORMED),
    made("true", b"true", MALFORMED),
    made("a number", b"1", MALFORMED),
    made("a string", b'"CORPUS"', MALFORMED),
    made("another schema", b'{"event":"trade","price":1.5}', MISSING),
    made("other names", b'{"s":"CORPUS","t":1,"o":1,"h":1,"l":1,"c":1,"v":1}', MISSING),
    made("names in capitals", BAR.upper(), MISSING),
    made("wrapped in an envelope", b'{"payload":' + BAR + b"}", MISSING),
    made("unknown fields", text(exchange="X", extra={"a": [1, 2, {"b": None}]}), None),
    made("duplicate keys, the last one wins", BODY + b',"close":100.03}', None),
    made("duplicate keys, the last one null", BODY + b',"close":null}', MISSING),
    made("symbol as a number", text(symbol=1), MALFORMED),
    made("symbol empty", text(symbol=""), MALFORMED),
    made("symbol with a space", text(symbol="COR PUS"), MALFORMED),
    made("symbol not ASCII", text(symbol="CÖRPUS"), MALFORMED),
    made("symbol of 65 characters", text(symbol="X" * 65), MALFORMED, key=b"X" * 65),
    made("symbol of 1,000,000 characters", text(symbol="X" * 1_000_000), "payload_too_large"),
    *(made(f"{name} as a string", literal(name, b'"100"'), MALFORMED) for name in PRICES),
    *(made(f"{name} null", text(**{name: None}), MISSING) for name in (*PRICES, "symbol", "ts")),
    *(made(f"{name} absent", text(**{name: ...}), MISSING) for name in (*PRICES, "symbol", "ts")),
    *(made(f"{name} as an array", text(**{name: [1]}), MALFORMED) for name in ("open", "symbol", "ts")),
    made("close true", text(close=True), MALFORMED),
    made("interval null", text(interval=None), None),
    made("interval a number", text(interval=60_000), MALFORMED),
]
SIZE = [
    made("nested 64 deep", _nested(63, b"1" * 300), None),
    made("nested 65 deep", _nested(65, b"1" * 300), MALFORMED),
    made("nested 2,000 deep", _nested(2_000), MALFORMED),
    made("nested 100,000 deep", _nested(100_000), MALFORMED),
    made("arrays opened 2,000 deep and never closed", BODY + b',"x":' + b"[" * 2_000, MALFORMED),
    made("objects nested 2,000 deep", BODY + b',"x":' + b'{"a":' * 2_000 + b"1" + b"}" * 2_001, MALFORMED),
    made("2,000 brackets in a string", text(note="[" * 2_000), None),
    made("2,000 brackets behind an escaped quote", text(note='\\"' + "[" * 2_000), None),
    made("2,000 flat arrays", text(note=[[]] * 2_000), None),
    made("string of 70,000 bytes", text(note="x" * 70_000), None),
    made("bad value of 70,000 bytes", text(open="x" * 70_000), MALFORMED),
    made("bad value cut inside a character", b'{"open":"' + "€".encode() * 30_000 + b'"}', MALFORMED),
    made("bad binary value of 70,000 bytes", b'{"symbol":"' + b"\xff" * 70_000 + b'"}', MALFORMED),
    made("exactly the largest payload", text(note="x" * (1_000_000 - len(text(note="")))), None),
    made("one byte above the largest payload", text(note="x" * (1_000_001 - len(text(note="")))), "payload_too_large"),
    made("5,000,000 bytes", b"\xff" * 5_000_000, "payload_too_large"),
]
assert fields()["symbol"] == SYMBOL

CASES = [*SYNTAX, *TYPES, *SIZE]
