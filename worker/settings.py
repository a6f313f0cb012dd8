"""All settings: command line over environment over `.env` over file over default."""

from __future__ import annotations

import os
import re
import zlib
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from worker.errors import ConfigError
from worker.paths import cache_dir

# Variables with the prefix that say where or how to run, not what to compute.
NOT_SETTINGS = frozenset(
    f"ALPHAPULSE_{name}"
    for name in (
        "CONFIG",
        "SECRETS_DIR",
        "CACHE_DIR",
        "STATE_DIR",
        "BROKER_JARS",
        "KAFKA_IMAGE",
        "SHARED",
        "TEST_BOOTSTRAP",
        "TEST_CRASH",
    )
)


class Section(BaseModel):
    """Base of every group of settings: immutable, unknown names are errors."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class KafkaSettings(Section):
    """How to reach Kafka. Names are aiokafka's."""

    bootstrap_servers: str = Field("127.0.0.1:9092", description="comma-separated host:port")
    client_id: str = "alphapulse"
    security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = "PLAINTEXT"
    sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = "PLAIN"
    sasl_plain_username: str | None = None
    sasl_plain_password: SecretStr | None = None
    ssl_cafile: Path | None = None
    ssl_certfile: Path | None = None
    ssl_keyfile: Path | None = None
    ssl_password: SecretStr | None = None
    ssl_check_hostname: bool = True
    request_timeout_ms: int = Field(15_000, ge=1_000)


class TopicSettings(Section):
    """Topic names and how `topics create` makes them."""

    ticks: str = "ticks.raw"
    decisions: str = "decisions"
    rejected: str = "ticks.rejected"
    control: str = "risk.control"
    alerts: str = "alerts"
    state: str = Field("worker.state", description="state topic, without its last part, the group")
    prefix: str = Field("", description="put before every name, for shared clusters")
    partitions: int = Field(4, ge=1, le=10_000, description="fixed for life: it is the largest number of workers")
    replication_factor: Annotated[int, Field(ge=1, le=32)] | Literal["auto"] = Field(
        "auto", description="of topics that are made; `auto`: 3, or as many as there are brokers"
    )
    max_message_bytes: int = Field(1_048_588, ge=1_024)

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
    guarantee: Literal["exactly_once", "at_least_once"] = "exactly_once"
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
    session_timeout_ms: int = Field(10_000, ge=6_000)
    heartbeat_interval_ms: int = Field(500, ge=100, description="a rebalance waits so long for the members that stay")
    rebalance_timeout_ms: int = Field(30_000, ge=1_000)
    max_poll_interval_ms: int = Field(300_000, ge=10_000)
    transaction_timeout_ms: int = Field(10_000, ge=1_000, le=900_000)
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

    host: str = "127.0.0.1"
    port: int = Field(0, ge=0, le=65_535, description="0 = any free port, written to the log")
    enabled: bool = True


class LogSettings(Section):
    """Logging to stderr."""

    level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    format: Literal["auto", "text", "json"] = "auto"


class Settings(BaseSettings):
    """Everything that can be set; see `alphapulse config`."""

    model_config = SettingsConfigDict(
        env_prefix="ALPHAPULSE_",
        env_nested_delimiter="__",
        env_file=".env",
        extra="forbid",
        frozen=True,
        nested_model_default_partial_update=True,
    )

    kafka: KafkaSettings = KafkaSettings()
    topics: TopicSettings = TopicSettings()
    processing: ProcessingSettings = ProcessingSettings()
    state: StateSettings = StateSettings()
    control: ControlSettings = ControlSettings()
    models: ModelsSettings = ModelsSettings()
    ops: OpsSettings = OpsSettings()
    log: LogSettings = LogSettings()
    engine: dict[str, Any] = Field(default_factory=dict, description="see worker.engine.settings.EngineSettings")

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
        """Command line, environment, `.env`, mounted secrets, TOML file."""
        toml = TomlConfigSettingsSource(settings_cls, config_file())
        return init_settings, env_settings, dotenv_settings, file_secret_settings, toml


def _topic_part(group: str) -> str:
    # A group's name may hold any character, a topic's only these; the checksum keeps two groups apart.
    legal = re.sub(r"[^a-zA-Z0-9._-]", "_", group)
    return legal if legal == group else f"{legal}-{zlib.crc32(group.encode()):08x}"


def config_file() -> Path:
    """The TOML file: `ALPHAPULSE_CONFIG`, else `alphapulse.toml` in the working directory."""
    return Path(os.environ.get("ALPHAPULSE_CONFIG", "alphapulse.toml"))


def _check_environment() -> None:
    known = set(Settings.model_fields)
    for name in os.environ:
        if not name.startswith("ALPHAPULSE_") or name in NOT_SETTINGS:
            continue
        head = name.removeprefix("ALPHAPULSE_").split("__")[0].lower()
        if head not in known:
            near = get_close_matches(head, [*known, *(n.removeprefix("ALPHAPULSE_").lower() for n in NOT_SETTINGS)], 1)
            hint = f"did you mean ALPHAPULSE_{near[0].upper()}?" if near else f"known: {', '.join(sorted(known))}"
            raise ConfigError(f"the environment variable {name} is no setting", f"Rename or unset it; {hint}")


def _explain(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_input=False)[0]
    where = ".".join(str(part) for part in first["loc"]) or "settings"
    return f"{where}: {first['msg']}"


def load_settings(overrides: dict[str, Any] | None = None) -> Settings:
    """Read all sources; `overrides` is what the command line gave, nested by section.

    Raises:
        ConfigError: a value or a name does not fit.
    """
    _check_environment()
    if "ALPHAPULSE_CONFIG" in os.environ and not config_file().is_file():
        raise ConfigError(f"the settings file {config_file()} does not exist", "Correct or unset ALPHAPULSE_CONFIG")
    secrets = os.environ.get("ALPHAPULSE_SECRETS_DIR")
    try:
        return Settings(_secrets_dir=secrets, **(overrides or {}))
    except ValidationError as error:
        raise ConfigError(
            f"a setting does not fit: {_explain(error)}", "`alphapulse config` lists all settings"
        ) from None
    except ValueError as error:
        raise ConfigError(f"the settings could not be read: {error}", f"Check {config_file()}") from None
