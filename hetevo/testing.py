"""Contract tests for members of other packages: tasks, wirings, rules, activations, circuits, measures and so on.

One line tests a member as Hetevo tests its own:

>>> from hetevo import testing
>>> testing.check("task", "sine")

In a package's tests, for all that it announces:

    @pytest.mark.parametrize(("kind", "name"), hetevo.testing.members("own-package"))
    def test_contract(kind, name):
        hetevo.testing.check(kind, name)
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from importlib.metadata import distribution
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from hetevo._contracts import (
    CHANCE_OR_MEMORY,
    SAMPLES,
    SEED,
    STEP,
    check_draws,
    check_gradient,
    check_lists,
    check_lives,
    check_same,
    check_same_life,
    check_synapses,
    columns_of,
    configure,
    expect_none,
    expect_options,
    let_live,
    look_twice,
    unchanged,
)
from hetevo._search_contracts import check_crossover, check_mutation, check_objective, check_search, check_selection
from hetevo.evolve.config import preset
from hetevo.evolve.selection import SELECTIONS
from hetevo.evolve.species import build_species, load_probe
from hetevo.evolve.variation import CROSSOVERS, MUTATIONS
from hetevo.populations.activations import ACTIVATIONS
from hetevo.populations.layout import Layout
from hetevo.populations.random_streams import Purpose, random_stream
from hetevo.populations.storage import has_lists
from hetevo.populations.tasks import TASKS
from hetevo.populations.tasks.task import find_fault
from hetevo.populations.wiring import WIRINGS


def check(kind: str, name: str, **options: Any) -> None:
    """Test a member.

    Parameters
    ----------
    kind : str
        ``"task"``, ``"wiring"``, ``"rule"``, ``"activation"``, ``"circuit"``, ``"measure"``, ``"probe"``,
        ``"figure"``, ``"selection"``, ``"objective"``, ``"crossover"``, ``"mutation"``, ``"algorithm"`` or
        ``"preset"``.
    name : str
        Its name as an installed package announces it, or its place, such as ``"own_task:Cosine"``.
    **options
        Options of a task, wiring, rule or algorithm, or arguments of an operator; ``runs`` of a figure that needs
        others than a small one.

    Raises
    ------
    AssertionError
        Saying what it does not keep of what a member of its kind promises.
    SettingError
        If it cannot be found or imported, or has no such options.
    """
    if kind not in CHECKS:
        raise ValueError(f"kind: expected one of {', '.join(CHECKS)}, got {kind!r}")
    check_draws(kind, lambda: CHECKS[kind](name, options))


def members(package: str) -> list[tuple[str, str]]:
    """List kind and name of all that an installed package announces.

    Parameters
    ----------
    package : str
        Name of the distribution, such as ``"own-package"``.
    """
    points = distribution(package).entry_points
    return [(kind, point.name) for kind in CHECKS for point in points if point.group == f"hetevo.{kind}s"]


def _task(name: str, options: Mapping[str, Any]) -> None:
    family: Any = TASKS.find(name)
    expect_options("task.options", name, family, options)
    task = family(**options)
    task.prepare()
    instance = task.draw(random_stream(SEED, 0, Purpose.TASK))
    trained = instance.training(random_stream(SEED, 0, Purpose.TRAINING), SAMPLES)
    with unchanged("samples that were drawn before", trained):
        drawn = [trained, instance.test(random_stream(SEED, 0, Purpose.TEST), SAMPLES)]
    # an instance is asked in any order, as often as somebody needs its samples
    repeated = [instance.training(random_stream(SEED, 0, Purpose.TRAINING), SAMPLES)]
    repeated.append(instance.test(random_stream(SEED, 0, Purpose.TEST), SAMPLES))
    for first, second in zip(drawn, repeated, strict=True):
        check_same(first, second, f"expected the same samples of an instance that is asked again: {CHANCE_OR_MEMORY}")
    for samples, what in zip(drawn, ("training", "test"), strict=True):
        fault = find_fault(task, samples, SAMPLES)
        assert not fault, f"{what}: {fault}"
    assert len(drawn[0][0]) == SAMPLES, f"training: expected {SAMPLES} samples, got {len(drawn[0][0])}"
    # the same stream gives the same samples, another one others
    again = task.draw(random_stream(SEED, 0, Purpose.TASK)).training(random_stream(SEED, 0, Purpose.TRAINING), SAMPLES)
    check_same(drawn[0], again, f"expected the same samples from the same random streams: {CHANCE_OR_MEMORY}")
    differ = not np.array_equal(drawn[0][0], drawn[1][0])
    assert differ, "expected other samples for the test than for training"
    check_lives(
        {"task.name": name, "task.inputs": task.inputs, "task.outputs": task.outputs, "task.options": dict(options)}
    )


def _wiring(name: str, options: Mapping[str, Any]) -> None:
    expect_options("network.options", name, WIRINGS.find(name), options)
    layout, family = Layout(4, (3, 2), 2, True), WIRINGS[name](**options)
    family.check(layout)
    allowed = family.allowed(layout)
    with unchanged("synapses that are allowed", allowed.ascending, allowed.descending):
        family.draw(layout, (0.5, 0.5), random_stream(SEED, 1, Purpose.FOUNDER))
    drawn, again = (family.draw(layout, (0.5, 0.5), random_stream(SEED, 0, Purpose.FOUNDER)) for _ in range(2))
    shapes = {"ascending": (layout.neurons, layout.units), "descending": (layout.hidden, layout.neurons)}
    for pathway, shape in shapes.items():
        mask, there = getattr(allowed, pathway), getattr(drawn, pathway)
        for what, array in (("allowed", mask), ("draw", there)):
            fits = array.shape == shape and array.dtype == np.bool_
            assert fits, f"{what}: expected {pathway} of shape {shape} and bool, got {array.shape} {array.dtype}"
        assert not (there & ~mask).any(), f"draw: expected {pathway} synapses among the allowed ones only"
        same = f"draw: expected the same {pathway} wiring from the same stream: {CHANCE_OR_MEMORY}"
        check_same([there], [getattr(again, pathway)], same)
    if not family.recurrent:
        loops = (allowed.ascending & ~layout.below()).any() or (allowed.descending & ~layout.above()).any()
        assert not loops, "allowed: expected no loops, or recurrent = True, with which circuits settle"
    if has_lists(family):
        check_lists(family, layout, allowed)
    check_gradient(check_lives({"network.wiring": name, "network.options": dict(options)}))


def _rule(name: str, options: Mapping[str, Any]) -> None:
    species = check_lives({"plasticity.rule": name, "plasticity.options": dict(options)})
    if species.rule.is_plain:
        check_synapses(species)
    else:  # a sum of terms: the plain model agrees with the kernel
        check_same_life(species, replace(species, network=replace(species.network, circuit="plain")))


def _activation(name: str, options: Mapping[str, Any]) -> None:
    expect_none(options)
    activation = ACTIVATIONS.find(name)
    potential = np.linspace(-2.9, 2.9, 30).reshape(5, 6)  # without a kink at 0
    values = [np.empty_like(potential) for _ in range(3)]
    for shift, out in zip((0, STEP, -STEP), values, strict=True):
        given = potential + shift
        with unchanged("potentials, where out is another array,", given):
            activation.apply(given, out)
    slope = np.empty_like(potential)
    with unchanged("activities, where out is another array,", values[0]):
        activation.slope(values[0], slope)
    measured = (values[1] - values[2]) / (2 * STEP)
    close = np.allclose(slope, measured, rtol=1e-4, atol=1e-6)
    assert close, f"slope: expected the derivative of apply, {measured.ravel()[:3]}…, got {slope.ravel()[:3]}…"
    inside = potential.copy()
    activation.apply(inside, inside)
    check_same([inside], [values[0]], "apply: expected the same values where out is the potential itself")
    check_gradient(check_lives({"network.activation": name}))


def _circuit(name: str, options: Mapping[str, Any]) -> None:
    expect_none(options)
    check_lives({"network.circuit": name})


def _measure(name: str, options: Mapping[str, Any]) -> None:
    expect_none(options)
    config = configure({"probe.measures": [name]})
    own = load_probe("alignment", [name])
    species = build_species(config)
    found: list[Mapping[str, Any]] = []

    class Watching:
        def measure(self, snapshot: Any) -> dict[str, Any]:
            columns = look_twice(own, snapshot)
            for column, values in columns.items():
                networks = (len(snapshot.activity),)
                shape = np.shape(values)
                assert shape == networks, f"{column}: expected shape {networks}, got {shape}"
                finite = np.isfinite(values) | np.isnan(values)
                assert finite.all(), f"{column}: expected NaN where it is undefined, got an infinite value"
            found.append(columns)
            return dict(columns)

    let_live(species, Watching(), blocks=0)
    usual = {column for part in found for column in part} - columns_of(species)
    assert usual, "expected columns that no other measure has"
    check_lives({"probe.measures": [name]}, own)


def _probe(name: str, options: Mapping[str, Any]) -> None:
    expect_none(options)
    probe = load_probe(name)

    class Watching:
        def measure(self, snapshot: Any) -> dict[str, Any]:
            return dict(look_twice(probe, snapshot))

    let_live(build_species(configure({})), Watching(), blocks=0)
    check_lives({"probe.name": name}, probe)


def _figure(name: str, options: Mapping[str, Any]) -> None:
    from matplotlib.figure import Figure

    from hetevo.analysis import load_run
    from hetevo.analysis.figures import FIGURES
    from hetevo.analysis.figures.frame import needs_of
    from hetevo.evolve import Experiment

    # everything that a figure may declare is measured
    measures = {"probe.name": "instruments", "probe.measures": list(needs_of(FIGURES.find(name)).measures)}
    config = configure({"backend.workers": 1, "evolution.generations": 2, **measures})
    with TemporaryDirectory() as folder:
        runs = options.get("runs")
        if runs is None:
            made = Experiment(config).run(Path(folder) / "run", notice=lambda message: None)
            runs = [load_run(made.path)]
        with unchanged("the tables of runs", *(run.generations for run in runs)):
            plot, again = (FIGURES[name](runs) for _ in range(2))
    assert FIGURES[name].__doc__, "expected a docstring: lists and reports show it"
    drawn = isinstance(plot.figure, Figure) and len(plot.data) > 0
    assert drawn, "expected a Plot with a matplotlib Figure and the numbers that it shows"
    same = plot.data.equals(again.data)
    assert same, f"expected the same numbers of the same runs: {CHANCE_OR_MEMORY}"


def _selection(name: str, options: Mapping[str, Any]) -> None:
    check_selection(SELECTIONS.find(name), options)


def _algorithm(name: str, options: Mapping[str, Any]) -> None:
    check_search({"name": name, **options})


def _crossover(name: str, options: Mapping[str, Any]) -> None:
    expect_options("evolution.cross", name, CROSSOVERS.find(name), options)
    check_crossover(CROSSOVERS[name](**options))


def _mutation(name: str, options: Mapping[str, Any]) -> None:
    expect_options("evolution.mutate", name, MUTATIONS.find(name), options)
    check_mutation(MUTATIONS[name](**options))


def _objective(name: str, options: Mapping[str, Any]) -> None:
    expect_none(options)
    check_objective(name)


def _preset(name: str, options: Mapping[str, Any]) -> None:
    expect_none(options)
    config = preset(name)
    assert build_species(config), f"expected a configuration, got {config}"


CHECKS: Mapping[str, Callable[[str, Mapping[str, Any]], object]] = {
    "task": _task,
    "wiring": _wiring,
    "rule": _rule,
    "activation": _activation,
    "circuit": _circuit,
    "measure": _measure,
    "probe": _probe,
    "figure": _figure,
    "selection": _selection,
    "algorithm": _algorithm,
    "crossover": _crossover,
    "mutation": _mutation,
    "objective": _objective,
    "preset": _preset,
}
"""What tests a member, by its kind."""
