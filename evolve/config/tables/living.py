"""The tables of a life, made from `hetevo.populations.settings`, where each setting stands once."""

import types
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import MISSING, fields
from dataclasses import Field as SettingField
from functools import reduce
from operator import or_
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Self, Union, get_args, get_origin, get_type_hints

from pydantic import Field, create_model, model_validator

from hetevo.evolve.config.tables.running import Table
from hetevo.evolve.named_files import exists
from hetevo.evolve.objectives import OBJECTIVES
from hetevo.evolve.tracking import TRACKERS
from hetevo.populations import settings
from hetevo.populations.activations import ACTIVATIONS
from hetevo.populations.circuits import CIRCUITS
from hetevo.populations.errors import nearest
from hetevo.populations.formulas import FORMULAS
from hetevo.populations.registry import Registry
from hetevo.populations.rules import HOMOSYNAPTIC, RULES
from hetevo.populations.settings import Setting
from hetevo.populations.tasks import TASKS
from hetevo.populations.wiring import WIRINGS

REGISTRIES: dict[str, Registry[Any]] = {
    "tasks": TASKS,
    "wirings": WIRINGS,
    "rules": RULES,
    "activations": ACTIVATIONS,
    "circuits": CIRCUITS,
    "objectives": OBJECTIVES,
    "trackers": TRACKERS,
}
"""Whose members settings may name, those of other packages among them, by the word in `Setting.names`."""

WORDS: dict[str, tuple[str, ...]] = {
    "rules": tuple(FORMULAS),
    "circuits": ("auto",),
    "terms": HOMOSYNAPTIC,
}
"""What settings may name besides, by the word in `Setting.names`."""


def check_name(key: str, name: str, names: str) -> None:
    """Check that there is something of a name; what is not ours is imported.

    Parameters
    ----------
    key : str
        Of the setting, for the message.
    name : str
        What was given.
    names : str
        The word in `Setting.names`.

    Raises
    ------
    ValueError
        With what was expected, what was given, and how to correct it.
    SettingError
        If it cannot be imported, or is something else.
    """
    registry, words = REGISTRIES.get(names), WORDS.get(names, ())
    if name not in words and not (registry and name in registry):
        raise ValueError(explain_unknown(key, name, [*(registry or {}), *words], place=registry is not None))
    if registry and name not in words:
        registry[name]


def explain_unknown(key: str, name: str, valid: Sequence[str], *, place: bool = False) -> str:
    """Say which names there are instead of one that is none; ``place``: whether it may be the place of a user's own."""
    # who names a file beside the command means something in it
    meant = place and (":" in name or exists(Path(f"{name.partition('.')[0]}.py")))
    own = ", or the place of your own, such as 'own_module:Name'" if meant else ""
    return f"{key}: expected one of {', '.join(valid)}{own}, got {name!r}.{nearest(name, valid)}"


KINDS = (settings.Task, settings.Network, settings.Plasticity)
"""Tables in which something is named."""


def named_settings(config: object) -> Iterator[tuple[str, str, str]]:
    """List what a configuration names: key, name and the word in `Setting.names`."""
    for kind in KINDS:
        table = kind.__name__.lower()
        for field in fields(kind):
            if names := field.metadata["setting"].names:
                given = getattr(getattr(config, table), field.name)
                listed = [given] if isinstance(given, str) else given
                yield from ((f"{table}.{field.name}", name, names) for name in listed)


def table_of(kind: type) -> type[Table]:
    """Make the table of a configuration from settings: the same names, defaults and meanings, checked by their bounds.

    Parameters
    ----------
    kind : type
        A dataclass of `hetevo.populations.settings`.
    """
    hints = get_type_hints(kind, include_extras=True)
    made: Any = {
        field.name: (checked_type(hints[field.name], field.metadata["setting"]), _field(field))
        for field in fields(kind)
    }
    return create_model(f"{kind.__name__}Table", __base__=Table, __doc__=kind.__doc__, **made)


def _field(field: SettingField[Any]) -> Any:
    setting = field.metadata["setting"]
    default = field.default_factory() if field.default_factory is not MISSING else field.default
    return Field(
        default,
        description=described(setting),
        examples=None if setting.example is None else [setting.example],
        strict=False if isinstance(default, tuple) else None,
    )


def checked_type(hint: Any, setting: Setting) -> Any:
    """Return a type that the validator checks by the bounds of its setting; those of a union are its number's."""
    kind, parts = get_origin(hint), get_args(hint)
    if kind is Annotated:  # bounds of its own; the validator knows those of others
        own = [part for part in parts[1:] if isinstance(part, Setting)]
        if own:
            return checked_type(parts[0], own[0])
        inner = checked_type(parts[0], setting) if get_origin(parts[0]) is tuple else parts[0]
        return Annotated[inner, *parts[1:]]
    if kind in (Union, types.UnionType):
        # lists of a file become tuples, here, too
        lax = [Annotated[part, Field(strict=False)] if get_origin(part) is tuple else part for part in parts]
        return reduce(or_, (checked_type(part, setting) for part in lax))
    if kind is tuple:
        return tuple[tuple(checked_type(part, setting) for part in parts)]  # type: ignore[misc]
    if kind is Mapping:
        return dict[str, Any]
    return _bounded(hint, setting) if hint in (int, float) else hint


def _bounded(hint: Any, setting: Setting) -> Any:
    bounds: dict[str, Any] = {"ge": setting.least, "le": setting.most, "gt": setting.above, "lt": setting.below}
    if hint is float and setting.finite:
        bounds["allow_inf_nan"] = False
    given: dict[str, Any] = {
        name: int(bound) if hint is int else bound for name, bound in bounds.items() if bound is not None
    }
    return Annotated[hint, Field(**given)] if given else hint


def described(setting: Setting) -> str:
    """Say what a setting means and may be: ``"samples a presentation (S); at least 1"``."""
    meaning, mark, values = setting.meaning.partition("; ")
    if setting.names:
        registry = REGISTRIES.get(setting.names)
        *names, last = [*(registry.own if registry else {}), *WORDS.get(setting.names, ())]
        meaning += f": {', '.join(names)} or {last}"
    return f"{meaning}{_bounds(setting)}{mark}{values}"


def _bounds(setting: Setting) -> str:
    low = _bound(setting.least, setting.above, "above")
    high = _bound(setting.most, setting.below, "below")
    if low and high:
        return f"; {low} to {high}"
    if high:
        return f"; at most {high}"
    if setting.least:
        return f"; at least {low}"
    return f"; {low} or more" if setting.least is not None else f"; {low}" if low else ""


def _bound(inside: float | None, outside: float | None, word: str) -> str:
    return f"{inside:g}" if inside is not None else f"{word} {outside:g}" if outside is not None else ""


__all__ = [
    "EnvironmentTable",
    "ErrorNeuronsTable",
    "GenomeTable",
    "HardwareTable",
    "InjuryTable",
    "LifetimeTable",
    "NetworkTable",
    "PlasticityTable",
    "TaskTable",
]

if TYPE_CHECKING:
    from hetevo.populations.settings import Environment as EnvironmentTable
    from hetevo.populations.settings import ErrorNeurons as ErrorNeuronsTable
    from hetevo.populations.settings import Hardware as HardwareTable
    from hetevo.populations.settings import Injury as InjuryTable
    from hetevo.populations.settings import Lifetime as LifetimeTable
    from hetevo.populations.settings import Network as NetworkTable
    from hetevo.populations.settings import Plasticity as PlasticityTable
    from hetevo.populations.settings import Task as TaskTable

    class GenomeTable(settings.Genome):
        """See below."""

        founders: str = ""
        founders_sha256: str = ""

else:
    TaskTable, PlasticityTable, ErrorNeuronsTable, LifetimeTable, EnvironmentTable, InjuryTable, HardwareTable = map(
        table_of,
        (
            settings.Task,
            settings.Plasticity,
            settings.ErrorNeurons,
            settings.Lifetime,
            settings.Environment,
            settings.Injury,
            settings.Hardware,
        ),
    )

    class GenomeTable(table_of(settings.Genome)):
        """What founders are born with, and what is inherited."""

        founders: str = Field(
            "",
            examples=["genes.npz"],
            description="file with genes of founders, as hetevo.save_genes writes it; fewer"
            ' individuals than evolution.size are repeated in turn; "": they are drawn',
        )
        founders_sha256: str = Field(
            "",
            pattern="^([0-9a-f]{64})?$",
            examples=["0" * 64],
            description="SHA-256 of those genes, noted when a run begins; the run keeps a copy in data/founders.npz",
        )

    class NetworkTable(table_of(settings.Network)):
        """Sizes and wiring."""

        @model_validator(mode="after")
        def _one_density_if_transposed(self) -> Self:
            if self.feedback == "transposed" and self.density_descending != self.density_ascending:
                if "density_descending" in self.model_fields_set:
                    raise ValueError(
                        'network.density_descending: with feedback = "transposed" the descending wiring is the'
                        f" transpose of the ascending one, so expected its density ({self.density_ascending}), got"
                        f" {self.density_descending}. Leave the key out, or draw the wiring independently"
                    )
                object.__setattr__(self, "density_descending", self.density_ascending)
            return self
