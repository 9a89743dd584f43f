"""A secret of its own for the cluster of a run, so that nobody else on this machine can use it, nor it theirs."""

import os
import secrets

_NAMES = ("RAY_AUTH_MODE", "RAY_AUTH_TOKEN")


class Token:
    """Sets Ray's authentication for this process; `forget` puts back what the user had set.

    Left to itself, ``ray.init`` would write a token into the home directory, and other clusters would begin to use it.
    """

    def __init__(self) -> None:
        self.environment = dict(zip(_NAMES, ("token", secrets.token_hex(32)), strict=True))
        self._before = {name: os.environ.get(name) for name in _NAMES}
        os.environ.update(self.environment)
        _read_again()

    def forget(self) -> None:
        """Put back what was set before."""
        for name, value in self._before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
        _read_again()


def _read_again() -> None:
    """Let Ray read the environment: it does so once a process, and a process may meet several clusters."""
    try:
        from ray._raylet import AuthenticationTokenLoader, Config  # type: ignore[attr-defined]
    except ImportError:
        return  # a Ray without authentication
    Config.initialize("")
    AuthenticationTokenLoader.instance().reset_cache()
