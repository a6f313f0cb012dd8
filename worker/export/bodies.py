"""Tables as bytes, for answers that are files."""

from __future__ import annotations

import io
from typing import Any

import msgspec

from worker.export.columns import arrow
from worker.export.write import CsvWriter

FORMATS = {
    "arrow": "application/vnd.apache.arrow.stream",
    "parquet": "application/vnd.apache.parquet",
    "ndjson": "application/x-ndjson",
    "csv": "text/csv; charset=utf-8",
}


def body(table: Any, kind: str) -> bytes:
    """Return a pyarrow Table in one of `FORMATS`; times of NDJSON are epoch ms, as in the topics."""
    if kind == "ndjson":
        return _lines(table)
    out = io.BytesIO()
    if kind == "parquet":
        arrow("pyarrow.parquet").write_table(table, out, compression="zstd")
    elif kind == "arrow":
        with arrow("pyarrow.ipc").new_stream(out, table.schema) as writer:
            writer.write_table(table)
    else:
        with CsvWriter(out, table.schema) as writer:
            for batch in table.to_batches():
                writer.write_batch(batch)
    return out.getvalue()


def _lines(table: Any) -> bytes:
    pa, types = arrow(), arrow("pyarrow.types")
    for at, field in enumerate(table.schema):
        if types.is_timestamp(field.type):
            ms = table.column(at).cast(pa.timestamp("ms", tz="UTC"), safe=False).cast(pa.int64())
            table = table.set_column(at, field.name, ms)
    return msgspec.json.Encoder(enc_hook=str).encode_lines(table.to_pylist(maps_as_pydicts="lossy"))
