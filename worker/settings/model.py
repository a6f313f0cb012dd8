"""Every setting of a process: its name, type, default and meaning."""

from __future__ import annotations

import re
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, SecretStr
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from worker.paths import cache_dir

if TYPE_CHECKING:
    from worker.settings.tree import Tree


class Section(BaseModel):
    """Base of every group of settings: immutable, unknown names are errors."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class KafkaSettings(Section):
    """How to reach Kafka. Names are aiokafka's."""

    bootstrap_servers: str = Field("127.0.0.1:9092", description="comma-separated host:port")
    client_id: str = Field("alphapulse", description="name in the brokers' logs, metrics and quotas")
    security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = Field(
        "PLAINTEXT", description="what the listener speaks: PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL"
    )
    sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = Field(
        "PLAIN", description="how to log in with SASL: PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512"
    )
    sasl_plain_username: str | None = Field(None, description="user name for SASL, for each mechanism")
    sasl_plain_password: SecretStr | None = Field(
        None, description="its password; best as a mounted secret (ALPHAPULSE_SECRETS_DIR)"
    )
    ssl_cafile: Path | None = Field(
        None, description="PEM file of the authorities that may sign the brokers' certificates; none = the system's"
    )
    ssl_certfile: Path | None = Field(None, description="PEM file of the client's certificate, for mutual TLS")
    ssl_keyfile: Path | None = Field(
        None, description="PEM file of the client's private key; none = it lies in ssl_certfile"
    )
    ssl_password: SecretStr | None = Field(None, description="password of the private key")
    ssl_check_hostname: bool = Field(True, description="the broker's certificate must name the host that is asked")
    request_timeout_ms: int = Field(15_000, ge=1_000, description="a broker must answer a request within this time")


class TopicSettings(Section):
    """Topic names and how `topics create` makes them."""

    ticks: str = Field("ticks.raw", description="input: raw bars")
    decisions: str = Field("decisions", description="output: one decision per accepted bar")
    rejected: str = Field("ticks.rejected", description="output: rejected records with their codes and original bytes")
    control: str = Field("risk.control", description="limits per symbol, and model switches")
    alerts: str = Field("alerts", description="reserved: no command reads or writes it yet")
    state: str = Field("worker.state", description="state topic, without its last part, the group")
    prefix: str = Field("", description="put before every name, for shared clusters")
    partitions: int = Field(4, ge=1, le=10_000, description="fixed for life: it is the largest number of workers")
    replication_factor: Annotated[int, Field(ge=1, le=32)] | Literal["auto"] = Field(
        "auto", description="of topics that are made; `auto`: 3, or as many as there are brokers"
    )
    max_message_bytes: int = Field(
        1_048_588, ge=1_024, description="`max.message.bytes` of topics that are made: the largest record batch"
    )
    on_replaced: Literal["fail", "follow"] = Field(
        "fail",
        description="an output topic, or that of limits, was deleted and made anew since the group's last commit: "
        "stop, or go on with the new one",
    )

    @property
    def input(self) -> str:
        """Topic of raw bars, prefix included."""
        return self.prefix + self.ticks

    @property
    def output(self) -> str:
        """Topic of decisions, prefix included."""
        return self.prefix + self.decisions

    @property
    def rejections(self) -> str:
        """Topic of rejection events, prefix included."""
        return self.prefix + self.rejected

    @property
    def limits(self) -> str:
        """Topic of control records, prefix included."""
        return self.prefix + self.control

    @property
    def required(self) -> tuple[str, str, str]:
        """Input and outputs of every worker."""
        return self.input, self.output, self.rejections


class ProcessingSettings(Section):
    """The partition loop."""

    group: str = Field("alphapulse", min_length=1, description="consumer group; also the prefix of transactional ids")
    guarantee: Literal["exactly_once", "at_least_once"] = Field(
        "exactly_once",
        description="exactly_once: outputs and offsets in one transaction; at_least_once: outputs may repeat",
    )
    commit_interval_ms: int = Field(
        1_000,
        ge=10,
        le=10_000,
        description="at least once: offsets are committed so often, and outputs wait while that fails: after "
        "a failure those of at most this time and one batch repeat; exactly once every batch commits its own",
    )
    max_batch_records: int = Field(
        10_000, ge=1, le=100_000, description="largest slice of one partition per transaction"
    )
    fast_path: bool = Field(
        True, description="records without a Python object each; off = by the client's public interface alone"
    )
    fetch_max_bytes: int = Field(2_097_152, ge=16_384, description="per partition and fetch")
    session_timeout_ms: int = Field(
        10_000, ge=6_000, description="without a heartbeat for this time a worker loses its partitions"
    )
    heartbeat_interval_ms: int = Field(500, ge=100, description="a rebalance waits so long for the members that stay")
    rebalance_timeout_ms: int = Field(
        30_000, ge=1_000, description="a worker must join a rebalance within this time; half of it is for draining"
    )
    max_poll_interval_ms: int = Field(
        300_000,
        ge=10_000,
        description="a worker that does not poll for this time leaves the group; /livez fails after twice",
    )
    transaction_timeout_ms: int = Field(
        10_000, ge=1_000, le=900_000, description="the broker aborts a transaction that is open for longer"
    )
    shutdown_timeout_ms: int = Field(20_000, ge=1_000, description="from the first signal to the end of the process")
    on_gap: Literal["fail", "skip"] = Field(
        "fail", description="retention took input that is needed: stop, or go on with the partition's state begun anew"
    )
    group_instance_id: str | None = Field(None, description="static membership; must be unique and stable")


class StateSettings(Section):
    """Snapshots of the symbols' state, and what to do where they or the input are damaged."""

    save_records: int = Field(1_000, ge=1, description="a symbol is saved after at most so many of its records")
    save_offsets: int = Field(
        0,
        ge=0,
        description="and when its oldest unsaved change lies so many offsets back; 0 = max(200000, 100 × symbols)",
    )
    save_bytes: int = Field(4_194_304, ge=65_536, description="of snapshots in one transaction, about")
    idle_flush_ms: int = Field(60_000, ge=10, description="a partition without input for so long saves everything")
    drain_flush_ms: int = Field(1_000, ge=0, description="for saving at SIGTERM; what is left the next owner replays")
    resident_symbols: int = Field(
        0,
        ge=0,
        description="states of a partition that stay in memory, at least one batch's; those longest unused go to a "
        "local file; 0 = all stay",
    )
    spill_dir: Path | None = Field(
        None, description="folder of these files, on a fast local disk; none = `spill` in the cache directory"
    )
    on_loss: Literal["fail", "forget"] = Field(
        "fail", description="lost or damaged snapshots that the input can't rebuild: stop, or begin those symbols anew"
    )
    on_rewind: Literal["fail", "follow"] = Field(
        "fail",
        description="a committed offset that is gone, or behind what the state and the outputs show: stop, or decide "
        "those records again",
    )
    on_skip: Literal["fail", "follow"] = Field(
        "fail",
        description="a committed offset that was set by hand, with records before it that nobody has decided: stop, or "
        "leave those records out",
    )

    @property
    def spill_folder(self) -> Path:
        """Where states are spilled to."""
        return self.spill_dir or cache_dir() / "spill"


class ControlSettings(Section):
    """The limits that the portfolio's risk monitor sets."""

    read: Literal["auto", "required", "off"] = Field(
        "auto", description="the control topic: where it exists, or not without it, or not at all"
    )
    keep_journal: bool = Field(
        False,
        description="keep what was in force for ever, not only for replays: lost snapshots can then be rebuilt from "
        "the first record; about 100 bytes a control record and partition",
    )


class ChallengerSettings(Section):
    """A model that scores the same bars in silence; its record goes to the metrics."""

    name: str | None = Field(None, description="as engine.model.name")
    version: str = Field("", description="its version")
    digest: str = Field("", description="as engine.model.digest")


class ModelsSettings(Section):
    """Where models come from, and which one is on trial; which one decides is in `engine.model`."""

    registry: Path | None = Field(
        None, description="folder of models; needed for engine.model, for switches and for a challenger"
    )
    challenger: ChallengerSettings = ChallengerSettings()


class OpsSettings(Section):
    """Probes and metrics of one worker process."""

    host: str = Field("127.0.0.1", description="address to listen on; 0.0.0.0 in a container")
    port: int = Field(0, ge=0, le=65_535, description="0 = any free port, written to the log")
    enabled: bool = Field(True, description="serve probes and metrics")


class LogSettings(Section):
    """Logging to stderr."""

    level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        "INFO", description="DEBUG, INFO, WARNING or ERROR; DEBUG also shows the client library's warnings"
    )
    format: Literal["auto", "text", "json"] = Field("auto", description="auto: text on a terminal, else json")


class Settings(BaseSettings):
    """Everything that can be set; see `alphapulse config`."""

    model_config = SettingsConfigDict(frozen=True, extra="forbid")

    kafka: KafkaSettings = KafkaSettings()
    topics: TopicSettings = TopicSettings()
    processing: ProcessingSettings = ProcessingSettings()
    state: StateSettings = StateSettings()
    control: ControlSettings = ControlSettings()
    models: ModelsSettings = ModelsSettings()
    ops: OpsSettings = OpsSettings()
    log: LogSettings = LogSettings()
    engine: dict[str, Any] = Field(default_factory=dict, description="see worker.engine.settings.EngineSettings")
    _tree: Tree | None = PrivateAttr(None)  # what was read, with its origins; none where a program made the object

    @property
    def state_topic(self) -> str:
        """Topic of the group's snapshots, prefix included."""
        return f"{self.topics.prefix}{self.topics.state}.{_topic_part(self.processing.group)}"

    @property
    def worker_topics(self) -> tuple[str, ...]:
        """All topics that a worker needs whatever is set, with equal partition counts."""
        return *self.topics.required, self.state_topic

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Take what is given: `worker.settings.sources` reads and merges the others, and notes each value's origin."""
        return (init_settings,)


def _topic_part(group: str) -> str:
    # A group's name may hold any character, a topic's only these; the checksum keeps two groups apart.
    legal = re.sub(r"[^a-zA-Z0-9._-]", "_", group)
    return legal if legal == group else f"{legal}-{zlib.crc32(group.encode()):08x}"
