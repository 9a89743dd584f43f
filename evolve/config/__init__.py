"""Configuration: tables, checks, TOML, presets."""

from evolve.config.config import Config
from evolve.config.errors import ConfigError
from evolve.config.reading import from_mapping, load_config, preset, preset_names
from evolve.config.tables import BackendTable, EvolutionTable
from evolve.config.writing import commented_toml, dump_toml

__all__ = [
    "BackendTable",
    "Config",
    "ConfigError",
    "EvolutionTable",
    "commented_toml",
    "dump_toml",
    "from_mapping",
    "load_config",
    "preset",
    "preset_names",
]
