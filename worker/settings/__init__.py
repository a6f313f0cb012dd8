"""All settings, by precedence: command line, environment, `.env`, mounted secrets, TOML file, defaults."""

from __future__ import annotations

from worker.settings.archive import ArchiveSettings
from worker.settings.gateway import GatewaySettings
from worker.settings.load import (
    Found,
    find_engine,
    find_settings,
    load_engine_of,
    load_engines_of,
    load_settings,
)
from worker.settings.model import (
    ChallengerSettings,
    ControlSettings,
    KafkaSettings,
    LogSettings,
    ModelsSettings,
    OpsSettings,
    ProcessingSettings,
    Settings,
    StateSettings,
    TopicSettings,
)
from worker.settings.problem import Problem
from worker.settings.section import Section
from worker.settings.sources import config_file

__all__ = [
    "ArchiveSettings",
    "ChallengerSettings",
    "ControlSettings",
    "Found",
    "GatewaySettings",
    "KafkaSettings",
    "LogSettings",
    "ModelsSettings",
    "OpsSettings",
    "Problem",
    "ProcessingSettings",
    "Section",
    "Settings",
    "StateSettings",
    "TopicSettings",
    "config_file",
    "find_engine",
    "find_settings",
    "load_engine_of",
    "load_engines_of",
    "load_settings",
]
