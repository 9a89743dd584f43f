"""A graph as it is found in a file, neuron by neuron and synapse by synapse, and what is wrong with it."""

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from hetevo.populations.errors import SettingError
from hetevo.populations.wiring.graph import Graph

SIGNS = {"1": 1, "+1": 1, "+": 1, "excitatory": 1, "-1": -1, "-": -1, "inhibitory": -1, "0": 0, "": 0}
ROLES = ("", "input", "hidden", "output")

MOST = 10_000
"""Neurons beyond which a graph is no network that could live here: wirings are matrices."""


class GraphError(SettingError):
    """A file holds no graph that can be a wiring."""


@dataclass
class Found:
    """What is found in a file.

    Parameters
    ----------
    name : str
        Of the file.

    Attributes
    ----------
    order : dict of str to int
        Neurons, and their positions.
    """

    name: str
    order: dict[str, int] = field(default_factory=dict)
    places: dict[tuple[int, int], str] = field(default_factory=dict)
    weights: list[float | None] = field(default_factory=list)
    signs: dict[int, tuple[int, str]] = field(default_factory=dict)
    roles: dict[int, str] = field(default_factory=dict)
    loops: int = 0

    def neuron(self, name: str, where: str) -> int:
        """Return the position of a neuron, which may be a new one."""
        name = name.strip()
        if not name:
            raise GraphError(f"{where}: expected the name of a neuron, got nothing.")
        # at once, and not when a file of millions has been read
        if len(self.order) >= MOST and name not in self.order:
            raise GraphError(f"{self.name} has more than {MOST:,} neurons; expected fewer.")
        return self.order.setdefault(name, len(self.order))

    def sign(self, neuron: int, given: Any, where: str) -> None:
        """Note what a neuron sends; all of its synapses must say the same."""
        # columns of numbers often come as 1.0
        text = str(given).strip().lower().removesuffix(".0")
        if text not in SIGNS:
            raise GraphError(
                f"{where}: expected a sign (1, -1, excitatory, inhibitory, or 0 if unknown), got {given!r}."
            )
        # an unknown sign may become known later, a known one may not change
        known, before = self.signs.setdefault(neuron, (SIGNS[text], where))
        if SIGNS[text] not in (known, 0):
            if known:
                raise GraphError(
                    f"{where}: {[*self.order][neuron]!r} sends both signs (the other one: {before}), and a neuron has"
                    " one. Give all of its synapses the same sign, or leave the signs out."
                )
            self.signs[neuron] = SIGNS[text], where

    def role(self, neuron: int, given: Any, where: str) -> None:
        """Note whether a neuron is an input or an output."""
        text = str(given).strip().lower()
        if text not in ROLES:
            raise GraphError(f"{where}: expected the role input, hidden or output, got {given!r}.")
        if text and self.roles.setdefault(neuron, text) != text:
            raise GraphError(f"{where}: {[*self.order][neuron]!r} has two roles, {self.roles[neuron]} and {text}.")

    def synapse(self, sender: int, receiver: int, weight: Any, where: str) -> None:
        """Note a synapse."""
        if sender == receiver:
            self.loops += 1
            return
        if before := self.places.get((sender, receiver)):
            names = [*self.order]
            raise GraphError(
                f"{where}: the synapse from {names[sender]!r} to {names[receiver]!r} is there already ({before})."
                " Expected each once: add up their weights."
            )
        self.places[sender, receiver] = where
        self.weights.append(None if weight is None else self._size(weight, where))

    def _size(self, weight: Any, where: str) -> float:
        try:
            size = float(weight)
        except (TypeError, ValueError):
            size = math.nan
        if not math.isfinite(size) or not size:
            raise GraphError(f"{where}: expected a weight other than 0 (no weight, no synapse), got {weight!r}.")
        return size

    def graph(self) -> Graph:
        """Return the graph."""
        if not self.places:
            raise GraphError(f"{self.name} holds no synapse between two neurons; expected at least one.")
        weighted = [weight for weight in self.weights if weight is not None]
        # an average for those without would be invented
        if weighted and len(weighted) < len(self.weights):
            where = [*self.places.values()][self.weights.index(None)]
            raise GraphError(f"{where}: this synapse has no weight, and others have. Give all of them one, or none.")
        # if any weight is negative, all weights have signs
        if any(weight < 0 for weight in weighted):
            for (sender, _), weight, where in zip(self.places, weighted, self.places.values(), strict=True):
                self.sign(sender, 1 if weight > 0 else -1, where)
        # arrays for the wiring, with 0 for a sign that nobody told
        ends = np.array([*self.places], np.int64)
        signs = np.zeros(len(self.order), np.int64)
        for neuron, (sign, _) in self.signs.items():
            signs[neuron] = sign
        names = tuple(self.order)
        called = {role: tuple(names[n] for n in sorted(self.roles) if self.roles[n] == role) for role in ROLES}
        return Graph(
            names,
            ends[:, 0],
            ends[:, 1],
            np.abs(weighted) if weighted else None,
            signs if signs.any() else None,
            called["input"],
            called["output"],
            self.loops,
        )
