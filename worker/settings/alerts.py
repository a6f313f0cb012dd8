"""Settings of the alerts: where their file is, how often they look, how long they try."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field

from worker.settings.section import Section


class AlertsSettings(Section):
    """Rules over the topics, and messages to receivers."""

    file: Path | None = Field(
        None, description="TOML file of rules, routes and receivers; none = the shipped rules, told to nobody"
    )
    begin: Literal["end", "beginning"] = Field(
        "end", description="where the first start begins to read decisions and rejections"
    )
    step_ms: int = Field(
        250, ge=20, le=10_000, description="time between two steps while records come: what comes between is one step"
    )
    max_series: int = Field(
        50_000,
        ge=100,
        le=5_000_000,
        description="sets of labels of a rule that are followed; further ones are counted",
    )
    fleet_seconds: float = Field(
        10.0, ge=1, le=300, description="interval of looks at the fleet: lag of groups, and the probes' metrics"
    )
    scrape: tuple[str, ...] = Field(
        (), description="URLs of workers' probes; every address of a host name is asked, as of a headless service"
    )
    scrape_file: Path | None = Field(
        None, description="JSON file of workers' probes in the form of Prometheus's file_sd; re-read on change"
    )
    retry_min_ms: int = Field(1_000, ge=10, le=60_000, description="pause of a receiver after its first failure")
    retry_max_ms: int = Field(300_000, ge=10, le=3_600_000, description="the longest such pause; it doubles up to here")
    give_up_seconds: int = Field(
        86_400, ge=10, le=604_800, description="time for which a message is tried before it goes to the fallback"
    )
    keep_deliveries_days: int = Field(
        7, ge=1, le=365, description="for so long the outcome of a delivery is kept in its topic"
    )
