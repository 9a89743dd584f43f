"""Configuration: tables, checks, TOML, presets."""

from hetevo.evolve.config.config import Config
from hetevo.evolve.config.operators import check_new, is_casewise
from hetevo.evolve.config.reading import from_mapping, load_config, preset, preset_names, with_data
from hetevo.evolve.config.sources import ConfigError, without_address
from hetevo.evolve.config.tables import CURRENT, BackendTable, EvolutionTable
from hetevo.evolve.config.writing import commented_toml, dump_toml
from hetevo.evolve.identity import NOT_RESULTS, config_hash, differences

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
    "is_casewise",
    "load_config",
    "preset",
    "preset_names",
    "with_data",
    "without_address",
]
