"""Every setting of a process: its name, type, default and meaning."""

from __future__ import annotations

import re
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field, PrivateAttr, SecretStr
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from worker.paths import cache_dir
from worker.risk.settings import RiskSettings
from worker.settings.alerts import AlertsSettings
from worker.settings.archive import ArchiveSettings
from worker.settings.gateway import GatewaySettings
from worker.settings.section import Section

if TYPE_CHECKING:
    from worker.settings.tree import Tree


class KafkaSettings(Section):
    """The connection to Kafka; names are aiokafka's."""

    bootstrap_servers: str = Field("127.0.0.1:9092", description="comma-separated host:port")
    client_id: str = Field("alphapulse", description="name in the brokers' logs, metrics and quotas")
    security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = Field(
        "PLAINTEXT", description="protocol of the listener: PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL"
    )
    sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = Field(
        "PLAIN", description="SASL mechanism: PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512"
    )
    sasl_plain_username: str | None = Field(None, description="SASL user name, for every mechanism")
    sasl_plain_password: SecretStr | None = Field(
        None, description="SASL password; preferably a mounted secret (ALPHAPULSE_SECRETS_DIR)"
    )
    ssl_cafile: Path | None = Field(
        None, description="PEM file of the certificate authorities to trust; none = the system's"
    )
    ssl_certfile: Path | None = Field(None, description="PEM file of the client's certificate, for mutual TLS")
    ssl_keyfile: Path | None = Field(
        None, description="PEM file of the client's private key; none = the key in ssl_certfile"
    )
    ssl_password: SecretStr | None = Field(None, description="password of the private key")
    ssl_check_hostname: bool = Field(True, description="verify that the broker's certificate names the host")
    request_timeout_ms: int = Field(15_000, ge=1_000, description="timeout of a request to a broker")


class TopicSettings(Section):
    """Topic names, and the settings that `topics create` gives them."""

    ticks: str = Field("ticks.raw", description="input: raw bars")
    decisions: str = Field("decisions", description="output: one decision per accepted bar")
    rejected: str = Field("ticks.rejected", description="output: rejected records with their codes and original bytes")
    control: str = Field("risk.control", description="limits per symbol, and model switches")
    portfolio: str = Field("portfolio", description="figures and limits of the portfolio, one record a step")
    risk_state: str = Field("risk.state", description="state of the portfolio's risk, without its name at the end")
    audit: str = Field("audit", description="what operators did")
    alerts: str = Field("alerts", description="alerts, the newest record of each")
    alerts_state: str = Field("alerts.state", description="windows, groups and journal of the alerts")
    deliveries: str = Field("alerts.deliveries", description="messages of the alerts and what became of them")
    state: str = Field("worker.state", description="name of the state topic, without the group at its end")
    prefix: str = Field("", description="prefix of every topic name, for shared clusters")
    partitions: int = Field(
        4, ge=1, le=10_000, description="number of partitions, fixed for life: the largest number of active workers"
    )
    replication_factor: Annotated[int, Field(ge=1, le=32)] | Literal["auto"] = Field(
        "auto", description="replicas of created topics; `auto`: 3, or the number of brokers if fewer"
    )
    max_message_bytes: int = Field(
        1_048_588, ge=1_024, description="`max.message.bytes` of created topics: the largest record batch"
    )
    on_replaced: Literal["fail", "follow"] = Field(
        "fail",
        description="when an output topic or the topic of limits was deleted and recreated since the group's last "
        "commit: stop, or continue with the new one",
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
    def figures(self) -> str:
        """Topic of the portfolio's figures, prefix included."""
        return self.prefix + self.portfolio

    @property
    def acts(self) -> str:
        """Topic of what operators did, prefix included."""
        return self.prefix + self.audit

    @property
    def alarms(self) -> str:
        """Topic of alerts, prefix included."""
        return self.prefix + self.alerts

    @property
    def messages(self) -> str:
        """Topic of messages and their deliveries, prefix included."""
        return self.prefix + self.deliveries

    @property
    def required(self) -> tuple[str, str, str]:
        """Input and outputs of every worker."""
        return self.input, self.output, self.rejections


class ProcessingSettings(Section):
    """The partition loop."""

    group: str = Field("alphapulse", min_length=1, description="consumer group; also the prefix of transactional ids")
    guarantee: Literal["exactly_once", "at_least_once"] = Field(
        "exactly_once",
        description="exactly_once: commit outputs and offsets in one transaction; at_least_once: outputs may repeat",
    )
    commit_interval_ms: int = Field(
        1_000,
        ge=10,
        le=10_000,
        description="interval of offset commits under at_least_once; outputs wait while commits fail: after "
        "a failure the outputs of at most this time and one batch repeat; under exactly_once every batch commits",
    )
    max_batch_records: int = Field(
        10_000, ge=1, le=100_000, description="maximum records of one partition per transaction"
    )
    fast_path: bool = Field(
        True,
        description="decode records without per-record Python objects; off = use only the client's public interface",
    )
    round_share: float = Field(
        0.8,
        ge=0.05,
        le=1.0,
        description="greatest share of a core for fetches that bring few records: a smaller one makes their distance, "
        "and the latency, longer",
    )
    fetch_max_bytes: int = Field(2_097_152, ge=16_384, description="maximum bytes per partition and fetch")
    session_timeout_ms: int = Field(
        10_000, ge=6_000, description="a worker without a heartbeat for this time loses its partitions"
    )
    heartbeat_interval_ms: int = Field(
        500, ge=100, description="interval of heartbeats: a rebalance waits this long for the members that stay"
    )
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
    shutdown_timeout_ms: int = Field(
        20_000, ge=1_000, description="time from the first signal to the end of the process"
    )
    on_gap: Literal["fail", "skip"] = Field(
        "fail", description="when retention deleted required input: stop, or restart the partition without state"
    )
    group_instance_id: str | None = Field(None, description="static membership; must be unique and stable")


class StateSettings(Section):
    """Snapshots of the symbols' state, and the reactions to damaged snapshots or input."""

    save_records: int = Field(1_000, ge=1, description="maximum records of a symbol between two of its snapshots")
    save_offsets: int = Field(
        0,
        ge=0,
        description="maximum age of a symbol's oldest unsaved change, in offsets; 0 = max(200000, 100 × symbols)",
    )
    save_bytes: int = Field(4_194_304, ge=65_536, description="approximate bytes of snapshots per transaction")
    idle_flush_ms: int = Field(
        60_000, ge=10, description="a partition without input for this time saves all its states"
    )
    drain_flush_ms: int = Field(
        1_000, ge=0, description="time to save states at SIGTERM; the next owner replays the rest"
    )
    resident_symbols: int = Field(
        0,
        ge=0,
        description="maximum states per partition in memory, at least one batch's; the least recently used spill to a "
        "local file; 0 = no spilling",
    )
    spill_dir: Path | None = Field(
        None, description="folder of spill files, on a fast local disk; none = `spill` in the cache directory"
    )
    on_loss: Literal["fail", "forget"] = Field(
        "fail",
        description="when snapshots are lost or damaged and the input can't rebuild them: stop, or restart those "
        "symbols without state",
    )
    on_rewind: Literal["fail", "follow"] = Field(
        "fail",
        description="when a committed offset is gone, or behind what state and outputs prove: stop, or decide "
        "those records again",
    )
    on_skip: Literal["fail", "follow"] = Field(
        "fail",
        description="when a committed offset was set by hand and records before it have no outcome: stop, or "
        "skip those records",
    )

    @property
    def spill_folder(self) -> Path:
        """Folder of the spill files."""
        return self.spill_dir or cache_dir() / "spill"


class ControlSettings(Section):
    """The limits that the portfolio's risk monitor sets."""

    read: Literal["auto", "required", "off"] = Field(
        "auto", description="read the control topic: if it exists, required, or never"
    )
    keep_journal: bool = Field(
        False,
        description="keep every journal entry, not only those that replays need: lost snapshots can then be rebuilt "
        "from the first record; about 100 bytes per control record and partition",
    )


class ChallengerSettings(Section):
    """A model that scores the same bars without effect; its results go to the metrics."""

    name: str | None = Field(None, description="as engine.model.name")
    version: str = Field("", description="its version")
    digest: str = Field("", description="as engine.model.digest")


class ModelsSettings(Section):
    """The registry and the challenger; `engine.model` names the model that decides."""

    registry: Path | None = Field(
        None, description="folder of models; required for engine.model, for model switches and for a challenger"
    )
    challenger: ChallengerSettings = ChallengerSettings()


class OpsSettings(Section):
    """Probes and metrics of one worker process."""

    host: str = Field("127.0.0.1", description="address to listen on; 0.0.0.0 in a container")
    port: int = Field(0, ge=0, le=65_535, description="port; 0 = any free port, written to the log")
    enabled: bool = Field(True, description="serve probes and metrics")


class LogSettings(Section):
    """Logging to stderr."""

    level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        "INFO", description="DEBUG, INFO, WARNING or ERROR; DEBUG also shows the client library's warnings"
    )
    format: Literal["auto", "text", "json"] = Field("auto", description="auto: text on a terminal, else json")


class Settings(BaseSettings):
    """All settings; see `alphapulse config`."""

    model_config = SettingsConfigDict(frozen=True, extra="forbid", case_sensitive=True)

    kafka: KafkaSettings = KafkaSettings()
    topics: TopicSettings = TopicSettings()
    processing: ProcessingSettings = ProcessingSettings()
    state: StateSettings = StateSettings()
    control: ControlSettings = ControlSettings()
    models: ModelsSettings = ModelsSettings()
    risk: RiskSettings = RiskSettings()
    gateway: GatewaySettings = GatewaySettings()
    alerts: AlertsSettings = AlertsSettings()
    archive: ArchiveSettings = ArchiveSettings()
    ops: OpsSettings = OpsSettings()
    log: LogSettings = LogSettings()
    engine: dict[str, Any] = Field(default_factory=dict, description="see worker.engine.settings.EngineSettings")
    _tree: Tree | None = PrivateAttr(None)  # the values with their origins; None if a program made the object

    @property
    def state_topic(self) -> str:
        """Topic of the group's snapshots, prefix included."""
        return f"{self.topics.prefix}{self.topics.state}.{_topic_part(self.processing.group)}"

    @property
    def risk_name(self) -> str:
        """Name of the portfolio's risk monitor."""
        return self.risk.name or self.processing.group

    @property
    def risk_group(self) -> str:
        """Consumer group of its members."""
        return f"{self.risk_name}-risk"

    @property
    def risk_state_topic(self) -> str:
        """Topic of its state, prefix included."""
        return f"{self.topics.prefix}{self.topics.risk_state}.{_topic_part(self.risk_name)}"

    @property
    def risk_topics(self) -> tuple[str, ...]:
        """All topics that the monitor of the portfolio's risk needs."""
        topics = self.topics
        return topics.output, topics.limits, self.risk_state_topic, topics.figures, topics.acts

    @property
    def alerts_group(self) -> str:
        """Consumer group of the members of the alerts."""
        return f"{self.processing.group}-alerts"

    @property
    def alerts_state_topic(self) -> str:
        """Topic of the alerts' state, prefix included."""
        return f"{self.topics.prefix}{self.topics.alerts_state}"

    @property
    def archive_name(self) -> str:
        """Name of the archive."""
        return self.archive.name or self.processing.group

    @property
    def archive_group(self) -> str:
        """Consumer group of the archive's members."""
        return f"{self.archive_name}-archive"

    @property
    def worker_topics(self) -> tuple[str, ...]:
        """All topics that every worker needs, with equal partition counts."""
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
        """Use only the given values: `worker.settings.sources` reads and merges the sources and records each origin."""
        return (init_settings,)


def _topic_part(group: str) -> str:
    # A group's name may hold any character, a topic's only these; the checksum distinguishes two groups.
    legal = re.sub(r"[^a-zA-Z0-9._-]", "_", group)
    return legal if legal == group else f"{legal}-{zlib.crc32(group.encode()):08x}"
