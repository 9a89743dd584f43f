"""Configuration: tables, checks, TOML, presets."""

from evolve.config.config import Config
from evolve.config.errors import ConfigError
from evolve.config.identity import NOT_RESULTS, config_hash, differences
from evolve.config.reading import from_mapping, load_config, preset, preset_names
from evolve.config.tables import CURRENT, BackendTable, EvolutionTable
from evolve.config.writing import commented_toml, dump_toml

__all__ = [
    "CURRENT",
    "NOT_RESULTS",
    "BackendTable",
    "Config",
    "ConfigError",
    "EvolutionTable",
    "commented_toml",
    "config_hash",
    "differences",
    "dump_toml",
    "from_mapping",
    "load_config",
    "preset",
    "preset_names",
]
