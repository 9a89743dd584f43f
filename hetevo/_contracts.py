"""What contract tests have in common: lives of a small population, whether they are the same, and honesty.

A member is honest if what it does depends on its arguments alone, and if it leaves those as they were.
"""

import pickle
import random
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from unittest.mock import patch

import numpy as np

from hetevo.evolve.config import Config, preset
from hetevo.evolve.config.options import check_options
from hetevo.evolve.species import build_species, load_probe
from hetevo.populations.birth import draw_innate_weights
from hetevo.populations.circuits import Block, draw_founders
from hetevo.populations.errors import SettingError
from hetevo.populations.evaluation import Evaluation, Status, evaluate
from hetevo.populations.experience import experience
from hetevo.populations.layout import Layout
from hetevo.populations.model import TwoPathwayCircuits, live
from hetevo.populations.random_streams import Purpose
from hetevo.populations.species import Species
from hetevo.populations.wiring import Pathways

SMALL = ("lifetime.presentations=6", "lifetime.test_samples=16", "network.levels=[3, 2]", "evolution.size=6")
"""Changes that make lives short and circuits small."""

SEED, SAMPLES, STEP = 3, 40, 1e-6
"""Of what is drawn, how many samples of a task are, and the step of finite differences."""

CHECKED = 8
"""Weights at which the gradient is checked."""

CHANCE_OR_MEMORY = "it draws from a generator of its own, or remembers something from one time to the next"
"""What lets a member do something else when it is asked again."""


GENES_STAY = (
    "expected genes that stay what they are: they are lent, and recorded and inherited, so copy what is to change"
)
"""What is said to a rule that changes genes."""


def expect_options(place: str, name: str, family: Any, options: Mapping[str, Any]) -> None:
    """Check that a family has options, see `check_options`; SettingError if not."""
    try:
        check_options(place, name, family, options)
    except ValueError as error:
        raise SettingError(str(error)) from None


def expect_none(options: Mapping[str, Any]) -> None:
    """Check that there are no options."""
    if options:
        raise ValueError(f"options: members of this kind have none, got {', '.join(options)}")


def check_draws(kind: str, act: Callable[[], object]) -> None:
    """Do something, and check that nobody draws from, or seeds, the generators that all of a process shares."""
    # some libraries draw when they are loaded, so that only what draws again does it in a life
    if _draws(act) and _draws(act):
        sources = "random streams and generators that it is given, not from random or numpy.random"
        raise AssertionError(f"expected a member ({kind}) that draws from the {sources}")


def _draws(act: Callable[[], object]) -> bool:
    """Do something, and tell whether shared generators were used; if not, whatever it raises is raised."""
    kept, fault = (random.getstate(), np.random.get_state()), None  # noqa: NPY002 (nobody may draw from it)
    # a state that no seed gives, so that who seeds is noticed
    random.setstate((3, (7,) * 624 + (624,), None))
    np.random.set_state(("MT19937", np.full(624, 7, np.uint32), 624, 0, 0.0))  # noqa: NPY002
    before, drawn = _global_states(), False

    # who draws may put the state back: then it is another one just before
    def notice(put: Callable[[Any], None]) -> Callable[[Any], None]:
        def put_back(state: Any) -> None:
            nonlocal drawn
            drawn = drawn or _global_states() != before
            put(state)

        return put_back

    try:
        with (
            patch.object(random, "setstate", notice(random.setstate)),
            patch.object(np.random, "set_state", notice(np.random.set_state)),
        ):
            act()
    except AssertionError as error:
        fault = error
    finally:
        drawn = drawn or _global_states() != before
        random.setstate(kept[0])
        np.random.set_state(kept[1])  # noqa: NPY002
    # chance is the reason for whatever else was found
    if fault and not drawn:
        raise fault
    return drawn


def _global_states() -> tuple[Any, bytes]:
    return random.getstate(), pickle.dumps(np.random.get_state())  # noqa: NPY002 (nobody may draw from it)


@contextmanager
def unchanged(what: str, *values: Any) -> Iterator[None]:
    """Check that what is lent to a member stays what it is; ``values`` can be pickled."""
    before = [pickle.dumps(value) for value in values]
    yield
    after = [pickle.dumps(value) for value in values]
    assert before == after, f"expected {what} that stay what they are: they are lent, and others look at them, too"


def configure(changes: Mapping[str, Any]) -> Config:
    """Return the configuration of a small population, with changes by dotted key."""
    return preset("smoke", overrides=[*SMALL, *changes.items()])


def check_lives(changes: Mapping[str, Any], probe: Any = None) -> Species:
    """Check that lives are the same twice, in any blocks, and in another process; return their species."""
    # once, again, in other blocks, and as a worker would get it
    species = build_species(configure(changes))
    probe = probe or load_probe("alignment")
    whole = let_live(species, probe, blocks=0)
    finite = (whole.status == Status.OK).any()
    assert finite, "expected one life in six at least that stays finite, but in all weights or losses became inf or NaN"
    same = f"expected the same lives from the same random streams: {CHANCE_OR_MEMORY}"
    check_alike(whole, let_live(species, probe, blocks=0), same)
    for block in (1, 4):
        other = let_live(species, probe, blocks=block)
        check_alike(whole, other, f"expected the same lives in blocks of {block}: one life may not know of others")
    try:
        sent, sent_probe = pickle.loads(pickle.dumps((species, probe)))
    except (pickle.PicklingError, AttributeError, TypeError) as error:
        raise AssertionError(f"expected a member that worker processes can load, but: {error}") from None
    check_alike(whole, let_live(sent, sent_probe, blocks=0), "expected the same lives after a copy to a worker")
    return species


def let_live(species: Species, probe: Any, *, blocks: int) -> Evaluation:
    """Let six founders live, side by side as many as ``blocks``; 0: all. Check that their genes stay what they are."""
    genes, places = draw_founders(species, SEED, 6), np.arange(6)
    with unchanged("genes", genes.plain()), _lent():
        return evaluate(species, genes, places, seed=SEED, generation=1, block=blocks, probe=probe, probe_samples=8)


@contextmanager
def _lent() -> Iterator[None]:
    """Explain what numpy raises where somebody writes to arrays that are lent."""
    try:
        yield
    except ValueError as error:
        if "read-only" not in str(error):
            raise
        raise AssertionError(f"{GENES_STAY} ({error})") from error


def check_synapses(species: Species) -> None:
    """Check that a rule of the plain model changes no genes, and that there are no weights without a synapse."""
    genes, places = draw_founders(species, SEED, 6), np.arange(6)
    block = Block(species, genes, places, experience(species, SEED, 1, 0), SEED, 1)
    innate = draw_innate_weights(species, genes, places, SEED, 1)
    own = genes.take(np.repeat(places, species.lifetime.tasks))

    def look(presented: int, circuits: TwoPathwayCircuits) -> None:
        del presented
        for name, values in own.items():
            check_same([circuits.genes[name]], [values], f"{GENES_STAY} ({name})")
        pathways = {"W": (circuits.W, "A", own.mask_ascending), "V": (circuits.V, "B", own.mask_descending)}
        # what replaces V by the transpose of W takes its synapses too
        if species.rule.transport:
            del pathways["V"]
        for name, (weights, mask, there) in pathways.items():
            grown = np.isfinite(weights) & (weights != 0) & ~there
            assert not grown.any(), (
                f"expected circuits.{name} that stays 0 where there is no synapse: multiply what is added by the mask"
                f" circuits.{mask}"
            )

    with np.errstate(all="ignore"):
        live(species, genes, innate, block.experience.training, look, block.streams(Purpose.NOISE))


def check_gradient(species: Species) -> None:
    """Check the gradient that measures compare with by finite differences of the loss."""
    from hetevo.analysis.gradient import snapshot_gradients

    # circuits at birth, in double precision
    snapshots: list[Any] = []

    class Watching:
        def measure(self, snapshot: Any) -> dict[str, Any]:
            snapshots.append(snapshot)
            return {}

    species = replace(species, network=replace(species.network, circuit="plain"))
    let_live(species, Watching(), blocks=0)
    shown = snapshots[0]
    gradient, weights = snapshot_gradients(shown)[1], shown.weights.ascending
    inputs = shown.activity[:, : species.layout.input_units]
    targets = shown.error + shown.activity[:, species.layout.units :]
    circuits = TwoPathwayCircuits(species, shown.genes, shown.weights)

    def measure_loss(change: Any) -> Any:
        circuits.W = weights + change
        circuits.forward(inputs)
        return ((targets - circuits.y) ** 2).sum(axis=1).mean(axis=1) / 2

    # a few weights, in all circuits at once
    allowed = np.argwhere(species.allowed.ascending)
    for place in allowed[np.random.default_rng(SEED).permutation(len(allowed))[:CHECKED]]:
        change = np.zeros_like(weights)
        change[:, place[0], place[1]] = STEP
        measured = (measure_loss(-change) - measure_loss(change)) / (2 * STEP)
        found = gradient[:, place[0], place[1]]
        close = np.allclose(found, measured, rtol=1e-3, atol=1e-6)
        assert close, f"expected the gradient {measured} of a weight by finite differences, got {found}"


def check_lists(family: Any, layout: Layout, allowed: Pathways) -> None:
    """Check that a wiring family has the same places without matrices, and draws among them."""
    drawn = family.draw_lists(layout, (0.5, 0.5), np.random.default_rng(SEED))
    for pathway, places in zip(("ascending", "descending"), family.places(layout), strict=True):
        there, own = np.flatnonzero(getattr(allowed, pathway)), getattr(drawn, pathway)
        found = places.at(np.arange(places.size))
        assert np.array_equal(found, there), f"places: expected the {pathway} places of allowed, got {found}"
        fits = own.dtype == np.int64 and (np.diff(own) > 0).all() and places.holds(own).all()
        assert fits, f"draw_lists: expected {pathway} positions (int64) in order among the places, got {own}"


def check_alike(first: Evaluation, second: Evaluation, message: str) -> None:
    """Check that two evaluations are the same, what was measured too."""
    check_same([first.loss, first.status, first.cases], [second.loss, second.status, second.cases], message)
    assert first.observed.keys() == second.observed.keys(), message
    check_same(first.observed.values(), second.observed.values(), message)


def check_same_life(kernel: Species, plain: Species) -> None:
    """Check that two kinds of circuits live alike, to rounding: in a short life it does not grow."""
    short = [replace(s, lifetime=replace(s.lifetime, presentations=3)) for s in (kernel, plain)]
    first, second = (let_live(species, None, blocks=0).loss for species in short)
    close = np.allclose(first, second, rtol=1e-4, atol=1e-5)
    assert close, f"expected the plain model to agree with the kernel, got losses {first} and {second}"


def check_same(first: Any, second: Any, message: str) -> None:
    """Check that arrays are the same, bit for bit; undefined values are like each other."""
    for one, other in zip(first, second, strict=True):
        assert np.array_equal(one, other, equal_nan=True), message


def look_twice(probe: Any, snapshot: Any) -> Mapping[str, Any]:
    """Let a probe measure twice, and check that it gives the same, and changes nothing."""
    lent = snapshot.weights, snapshot.activity, snapshot.signal, snapshot.update
    with unchanged("weights, activities, signals and updates of the snapshot", *lent):
        columns: Mapping[str, Any] = probe.measure(snapshot)
    again = probe.measure(snapshot)
    same = f"expected the same values from the same snapshot: {CHANCE_OR_MEMORY}"
    check_same(columns.values(), again.values(), same)
    return columns


def columns_of(species: Species) -> set[str]:
    """Return the columns that the probe alignment has of circuits of a species."""
    names: set[str] = set()

    class Listing:
        def measure(self, snapshot: Any) -> dict[str, Any]:
            columns = load_probe("alignment").measure(snapshot)
            names.update(columns)
            return columns

    let_live(species, Listing(), blocks=0)
    return names
