"""The error of a wrong configuration."""

from hetevo.populations.errors import SettingError


class ConfigError(SettingError):
    """A configuration cannot be used; the message names the key, what was expected, and what was given."""
