"""Public names that are loaded on first use: the command and worker processes need few of them."""

from collections.abc import Callable, Sequence
from importlib import import_module

from hetevo._deprecated import NAMES, warn_deprecated


def find_in(homes: Sequence[str], package: str, names: Sequence[str]) -> Callable[[str], object]:
    """Return the ``__getattr__`` of a package.

    Parameters
    ----------
    homes : sequence of str
        Modules that have its names, in the order in which they are asked.
    package : str
        Whose names they are; a name that no home has is a module of it.
    names : sequence of str
        All that it has.
    """

    def find(name: str) -> object:
        if successor := NAMES.get(f"{package}.{name}"):
            warn_deprecated(f"{package}.{name}", successor)
            from pkgutil import resolve_name  # few ever need it

            return resolve_name(successor.name)
        if name not in names:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        for home in homes:
            module = import_module(home)
            if hasattr(module, name):
                return getattr(module, name)
        return import_module(f"{package}.{name}")

    return find
