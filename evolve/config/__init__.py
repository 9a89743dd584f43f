"""Configuration: tables, checks, TOML, presets."""

from evolve.config.addresses import without_address
from evolve.config.config import Config
from evolve.config.errors import ConfigError
from evolve.config.operators import check_new
from evolve.config.reading import from_mapping, load_config, preset, preset_names
from evolve.config.tables import CURRENT, BackendTable, EvolutionTable
from evolve.config.writing import commented_toml, dump_toml
from evolve.identity import NOT_RESULTS, config_hash, differences

__all__ = [
    "CURRENT",
    "NOT_RESULTS",
    "BackendTable",
    "Config",
    "ConfigError",
    "EvolutionTable",
    "check_new",
    "commented_toml",
    "config_hash",
    "differences",
    "dump_toml",
    "from_mapping",
    "load_config",
    "preset",
    "preset_names",
    "without_address",
]
