"""Ingestion: bytes to one bar row or, on failure, to reject codes. Nothing raises past this stage."""

from worker.engine.stages.ingestion.decode import Decoded, Decoder, rows_of
from worker.engine.stages.ingestion.extras import NO_EXTRAS
from worker.engine.stages.ingestion.settings import Settings

__all__ = ["NO_EXTRAS", "Decoded", "Decoder", "Settings", "rows_of"]
