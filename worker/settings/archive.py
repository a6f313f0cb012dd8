"""Settings of the archive: what is archived, where to, and how often it is committed and tidied."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, SecretStr

from worker.settings.section import Section

TableName = Literal["decisions", "rejections", "portfolio", "audit"]


class StoreSettings(Section):
    """Access to an S3-compatible store; what is empty comes from AWS's own variables and files."""

    endpoint: str = Field("", description="URL of the store; empty = Amazon's")
    region: str = Field("", description="region; stores that have none take any")
    access_key_id: str = Field("", description="id of the access key")
    secret_access_key: SecretStr | None = Field(
        None, description="the secret of the access key; preferably a mounted secret (ALPHAPULSE_SECRETS_DIR)"
    )
    allow_http: bool = Field(False, description="allow an endpoint without TLS")
    timeout_s: int = Field(30, ge=1, le=600, description="timeout of a request; a commit is several requests")


class ArchiveSettings(Section):
    """Decisions and the other outputs as tables that outlive their topics."""

    name: str = Field("", description="name of the archive; empty = processing.group")
    sink: Literal["delta", "postgres"] = Field("delta", description="delta: Delta tables below archive.url; postgres")
    url: str = Field("", description="where the Delta tables lie: a folder, or s3://bucket/path")
    tables: tuple[TableName, ...] = Field(
        ("decisions", "rejections"),
        min_length=1,
        description="what to archive: decisions, rejections, portfolio, audit",
    )
    store: StoreSettings = StoreSettings()
    postgres_dsn: SecretStr | None = Field(None, description="connection to PostgreSQL, as libpq takes it")
    postgres_schema: str = Field("alphapulse", min_length=1, max_length=63, description="schema of the tables there")
    commit_bytes: int = Field(
        33_554_432, ge=65_536, le=1_073_741_824, description="bytes in memory at which all tables are committed"
    )
    commit_rows: int = Field(500_000, ge=1, description="rows in memory at which all tables are committed")
    commit_interval_ms: int = Field(60_000, ge=50, description="longest time from reading a record to its commit")
    compact_interval_s: int = Field(3_600, ge=0, description="interval of compaction; 0 = never")
    compact_bytes: int = Field(134_217_728, ge=1_048_576, description="size of files after compaction")
    sort_interval_s: int = Field(
        86_400, ge=0, description="interval of sorting the days before today by symbol and time; 0 = never"
    )
    spill_dir: str = Field(
        "", description="local folder for the rows of a day while it is sorted; empty = the system's temporary one"
    )
    vacuum_days: int = Field(7, ge=1, description="days after which files that no version needs are deleted")
    retention_days: int = Field(0, ge=0, description="days that rows are kept, by the bar's close; 0 = for ever")
