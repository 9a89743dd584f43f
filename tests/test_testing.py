"""The contract tests that packages use: our own members keep them, and each one notices a member that does not."""

import re
import sys
from dataclasses import dataclass, replace
from importlib.util import find_spec
from typing import ClassVar

import numpy as np
import pytest
from faults import go
from figure_runs import CASES, SPECIAL
from pages import ROOT, cells, examples

import hetevo
from hetevo import testing
from hetevo.analysis.figures import FIGURES
from hetevo.analysis.measures import MEASURES
from hetevo.evolve.algorithms import ALGORITHMS
from hetevo.evolve.algorithms.generational import Generational
from hetevo.evolve.config import preset
from hetevo.evolve.memory import count_needs
from hetevo.evolve.objectives import OBJECTIVES
from hetevo.evolve.selection import SELECTIONS
from hetevo.evolve.species import build_species
from hetevo.evolve.variation import CROSSOVERS, MUTATIONS, Gaussian, Uniform
from hetevo.populations.activations import ACTIVATIONS, Activation
from hetevo.populations.circuits import CIRCUITS
from hetevo.populations.errors import SettingError
from hetevo.populations.genome import Population
from hetevo.populations.rules import RULES, Rule
from hetevo.populations.tasks import TASKS, Sine
from hetevo.populations.tasks.task import Regression
from hetevo.populations.wiring import WIRINGS, Pathways
from hetevo.populations.wiring.amorphous import Amorphous

INSTRUMENTS = [name for name, measure in MEASURES.own.items() if measure.instrument]
OTHER_RUNS = [kind for kind in SPECIAL if all(len(CASES[case]) > 1 for case in SPECIAL[kind].cases)]
OTHER_RUNS.append("archive")
"""Figures that need other runs than a small one."""
OWN = [
    *(("task", name, {}) for name in TASKS.own if name != "table"),
    *(("wiring", name, {"dendrites": 2} if name == "cerebellum" else {}) for name in WIRINGS.own if name != "file"),
    *(("rule", name, {}) for name in RULES.own),
    *(("activation", name, {}) for name in ACTIVATIONS.own),
    *(("circuit", name, {}) for name in CIRCUITS.own if name != "layer"),
    *(("measure", name, {}) for name in INSTRUMENTS),
    *(("figure", name, {}) for name in FIGURES.own if name not in OTHER_RUNS),
    *(("algorithm", name, {}) for name in ALGORITHMS.own if name != "map-elites" or find_spec("ribs")),
    ("algorithm", "cma", {"separable": True}),
    ("algorithm", "evolution-strategy", {"survive": True}),
    *(("crossover", name, {}) for name in CROSSOVERS.own),
    *(("mutation", name, {}) for name in MUTATIONS.own),
    ("mutation", "structural", {"appear": 0.01, "disappear": 0.3, "move": 0.2, "isolate": 0.2, "connect": 0.1}),
    ("probe", "instruments", {}),
    ("preset", "smoke", {}),
]


@pytest.mark.parametrize(("kind", "name", "options"), OWN, ids=lambda value: str(value).replace("{}", ""))
def test_own_members_keep_their_contract(kind, name, options):
    testing.check(kind, name, **options)


@dataclass(frozen=True)
class Narrow(Sine):
    def draw(self, rng):
        return Regression(self.inputs, lambda x: x[:, :1])


@dataclass(frozen=True)
class Forgetful(Sine):
    """Draws from a generator of its own."""

    def draw(self, rng):
        return super().draw(np.random.default_rng())


@dataclass(frozen=True)
class Undecided(Sine):
    classification: ClassVar[bool] = True

    def draw(self, rng):
        return Regression(self.inputs, lambda x: np.ones((len(x), 2)))


@dataclass(frozen=True)
class Looping(Amorphous):
    def allowed(self, layout):
        every = super().allowed(layout)
        return Pathways(every.ascending | True, every.descending)


@dataclass(frozen=True)
class Straying(Amorphous):
    def draw(self, layout, density, rng):
        drawn = super().draw(layout, density, rng)
        return Pathways(drawn.ascending | True, drawn.descending)


@dataclass(frozen=True)
class Social(Rule):
    """A circuit learns from its neighbours in the block."""

    def update(self, circuits):
        circuits.W = circuits.W + 0.1 * circuits.W.mean(axis=0)


def _apply(potential, out):
    np.tanh(potential, out=out)


def _slope(activity, out):
    out.fill(1)


STEEP = Activation(_apply, _slope)


class Meddling:
    """A measure that changes what it looks at."""

    def __call__(self, view):
        view.snapshot.activity[:] = 0
        return {"own": np.zeros(len(view.snapshot.activity))}


def short(view):
    return {"own": np.zeros(1)}


def infinite(view):
    return {"own": np.full(len(view.snapshot.activity), np.inf)}


def twice(view):
    return {"alignment": np.zeros(len(view.snapshot.activity))}


def greedy(individuals, k, rng):
    return individuals[:1]


def worldly(individuals, k, rng):
    np.random.shuffle(list(range(3)))
    return individuals[:k]


@dataclass(frozen=True)
class Thieving(Uniform):
    """Parents change as well."""

    def cross(self, children, second, crossed, species, rng):
        super().cross(children, second, crossed, species, rng)
        second["gains_ascending"][:] = 0


@dataclass(frozen=True)
class Everywhere(Uniform):
    """Elites are crossed, too."""

    def cross(self, children, second, crossed, species, rng):
        children["gains_ascending"][0] += 1


@dataclass(frozen=True)
class Overgrown(Gaussian):
    """Synapses appear where there may be none."""

    def rewire(self, children, species, rng):
        if children.mask_ascending.dtype == np.bool_:
            children.mask_ascending[:] = True


@dataclass(frozen=True)
class Unmoved(Gaussian):
    def mutate(self, children, species, settings, rng, strength=None):
        pass


@dataclass(frozen=True)
class Negative(Gaussian):
    def rewire(self, children, species, rng):
        children.gains_ascending[:] -= 9


@dataclass(frozen=True)
class Deaf(Gaussian):
    def mutate(self, children, species, settings, rng, strength=None):
        super().mutate(children, species, settings, rng if strength is None else np.random.default_rng(9))


def ranked(lives):
    return np.argsort(np.argsort(lives.loss))


def undefined(lives):
    return lives.loss * np.nan


def nothing(runs):
    """Draw nothing."""


GLOBAL = "not from random or numpy.random"
MEMORY = "it draws from a generator of its own, or remembers something"
LENT = "that stay what they are"


def seeded_globally():
    np.random.seed(3)
    return np.random.random()


@dataclass(frozen=True)
class Seeding(Sine):
    def draw(self, rng):
        seeded_globally()
        return super().draw(rng)


@dataclass(frozen=True)
class Counting(Sine):
    """What is drawn depends on what was drawn before."""

    drawn: ClassVar[list[int]] = []

    def draw(self, rng):
        self.drawn.append(1)
        return Regression(self.inputs, lambda x: np.sin(x[:, :2] * len(self.drawn)))


@dataclass(frozen=True)
class Tiring(Sine):
    """Each instance gives other targets whenever it is asked."""

    def draw(self, rng):
        instance, asked = super().draw(rng), []

        class Counted:
            def training(self, rng, count):
                asked.append(1)
                inputs, targets = instance.training(rng, count)
                return inputs, targets * (1 + 0.01 * len(asked))

            test = training

        return Counted()


@dataclass(frozen=True)
class Buffered(Sine):
    """Gives the same arrays again, with other numbers in them."""

    def draw(self, rng):
        instance, arrays = super().draw(rng), {}

        class Reusing:
            def training(self, rng, count):
                kept = arrays.setdefault(count, [np.zeros((count, 6)), np.zeros((count, 2))])
                for array, values in zip(kept, instance.training(rng, count), strict=True):
                    array[:] = values
                return tuple(kept)

            test = training

        return Reusing()


@dataclass(frozen=True)
class Erasing(Amorphous):
    """Draws change what is allowed, which it keeps."""

    kept: ClassVar[dict[str, Pathways]] = {}

    def allowed(self, layout):
        return self.kept.setdefault("all", super().allowed(layout))

    def draw(self, layout, density, rng):
        self.kept["all"].ascending[0] = False
        return super().draw(layout, density, rng)


@dataclass(frozen=True)
class Wandering(Amorphous):
    def draw(self, layout, density, rng):
        return super().draw(layout, density, np.random.default_rng())


@dataclass(frozen=True)
class Chancy(Rule):
    def update(self, circuits):
        circuits.W = circuits.W + 0.1 * seeded_globally()


@dataclass(frozen=True)
class Remembering(Rule):
    """Learns from the circuits that lived before."""

    seen: ClassVar[list[float]] = [0.0]

    def update(self, circuits):
        circuits.W = circuits.W + self.seen[-1]
        self.seen.append(float(np.tanh(circuits.W.mean())))


@dataclass(frozen=True)
class Beginning(Rule):
    """Lives with other gains than are recorded and inherited."""

    def begin(self, circuits):
        circuits.genes["gains_ascending"][:] = 0.05

    def update(self, circuits):
        circuits.update()


@dataclass(frozen=True)
class Halving(Rule):
    def update(self, circuits):
        circuits.update()
        gains = circuits.genes["gains_ascending"]
        gains *= 0.5


@dataclass(frozen=True)
class Replacing(Rule):
    def update(self, circuits):
        circuits.genes = Population({**circuits.genes, "gains_ascending": np.abs(circuits.genes["gains_ascending"])})
        circuits.update()


@dataclass(frozen=True)
class Sprouting(Rule):
    """Weights grow where there is no synapse."""

    def update(self, circuits):
        circuits.W = circuits.W + 0.01


@dataclass(frozen=True)
class SproutingBelow(Rule):
    def update(self, circuits):
        circuits.V = circuits.V + 0.01


@dataclass(frozen=True)
class Lifeless(Rule):
    def update(self, circuits):
        circuits.W = circuits.W * np.nan


@dataclass(frozen=True)
class Covering(Rule):
    """Draws from a generator that all share, and puts its state back."""

    def update(self, circuits):
        kept = np.random.get_state()
        circuits.W = circuits.W * (1 + 0 * np.random.random())
        np.random.set_state(kept)


def _greedy_apply(potential, out):
    np.tanh(potential, out=out)
    potential[:] = 0


def _chancy_apply(potential, out):
    np.tanh(potential + 0 * seeded_globally(), out=out)


def remembered(view, seen=[0]):  # noqa: B006 (that is the fault)
    seen[0] += 1
    return {"own": np.full(len(view.snapshot.activity), float(seen[0]))}


def drawn(view):
    seeded_globally()
    return {"own": np.zeros(len(view.snapshot.activity))}


def sorting(individuals, k, rng):
    individuals.sort(key=lambda one: one.fitness)
    return individuals[:k]


def alternating(individuals, k, rng, seen=[0]):  # noqa: B006
    seen[0] += 1
    return individuals[seen[0] :][:k]


CALLS = []


def impatient(lives):
    CALLS.append(1)
    return lives.loss * len(CALLS)


def covetous(lives):
    lives.genes["gains_ascending"][:] = 0
    return lives.loss


def dicing(lives):
    return lives.loss + 0 * seeded_globally()


@dataclass(frozen=True)
class Rolling(Uniform):
    def cross(self, children, second, crossed, species, rng):
        super().cross(children, second, crossed, species, rng)
        seeded_globally()


@dataclass(frozen=True)
class Growing(Gaussian):
    """Steps become larger with every call."""

    calls: ClassVar[list[int]] = []

    def mutate(self, children, species, settings, rng, strength=None):
        self.calls.append(1)
        super().mutate(children, species, settings, rng, strength)
        children.gains_ascending[:] += len(self.calls)


@dataclass(frozen=True)
class Weakening(Gaussian):
    def mutate(self, children, species, settings, rng, strength=None):
        super().mutate(children, species, settings, rng, strength)
        if strength is not None:
            strength[:] = 0


@dataclass(frozen=True)
class Restless(Generational):
    def ask(self, lived, search):
        seeded_globally()
        return super().ask(lived, search)


@dataclass(frozen=True)
class Spoiling(Generational):
    def ask(self, lived, search):
        lived.loss[:] = 0
        return super().ask(lived, search)


@dataclass(frozen=True)
class Learning(Generational):
    told: ClassVar[list[int]] = []

    def ask(self, lived, search):
        self.told.append(1)
        generation, memory = super().ask(lived, search)
        generation.population["gains_ascending"][:] += len(self.told)
        return generation, memory


@dataclass(frozen=True)
class Brief(Generational):
    """Says what it remembers as numpy does, not as Hetevo does."""

    kind: ClassVar[object] = np.float64

    def tell(self, generation, evaluation, asked, search):
        return {"best": evaluation.loss.min(keepdims=True)}

    def expect(self, search):
        return {"best": ([1], self.kind)}


@dataclass(frozen=True)
class Vague(Brief):
    kind: ClassVar[object] = "number"


def test_what_an_algorithm_expects_is_what_numpy_takes_for_a_dtype(monkeypatch):
    monkeypatch.setitem(ALGORITHMS.own, "brief", ALGORITHMS.accept(Brief))
    testing.check("algorithm", "brief")
    config = preset("smoke", overrides=[("evolution.algorithm", {"name": "brief"})])
    own = [what for what in count_needs(config, build_species(config), 1).driver if "remembers" in what]
    assert len(own) == 1
    monkeypatch.setitem(ALGORITHMS.own, "vague", ALGORITHMS.accept(Vague))
    with pytest.raises(SettingError, match=r"expect\(\) of 'vague' to return shape and dtype"):
        testing.check("algorithm", "vague")


def erasing(runs):
    """Draw, and change what was recorded."""
    runs[-1].generations.loc[:, "loss_best"] = 0.0
    return FIGURES["alignment"](runs)


def flickering(runs, seen=[0]):  # noqa: B006
    """Draw something else every time."""
    seen[0] += 1
    plot = FIGURES["alignment"](runs)
    return replace(plot, data=plot.data.assign(seen=seen[0]))


@pytest.mark.parametrize(
    ("kind", "member", "message"),
    [
        # what draws from generators that all share, what remembers, what changes what it is lent
        ("task", Seeding, GLOBAL),
        ("task", Counting, MEMORY),
        ("task", Buffered, LENT),
        ("task", Tiring, "expected the same samples of an instance that is asked again"),
        ("wiring", Wandering, MEMORY),
        ("wiring", Erasing, LENT),
        ("rule", Chancy, GLOBAL),
        ("rule", Remembering, MEMORY),
        ("rule", Covering, GLOBAL),
        ("rule", Beginning, "copy what is to change (assignment destination is read-only)"),
        ("rule", Halving, "expected genes that stay what they are"),
        ("rule", Replacing, "expected genes that stay what they are"),
        ("activation", Activation(_chancy_apply, _slope), GLOBAL),
        ("activation", Activation(_greedy_apply, _slope), LENT),
        ("measure", drawn, GLOBAL),
        ("measure", remembered, MEMORY),
        ("selection", alternating, MEMORY),
        ("selection", sorting, LENT),
        ("objective", dicing, GLOBAL),
        ("objective", impatient, MEMORY),
        ("objective", covetous, LENT),
        ("crossover", Rolling, GLOBAL),
        ("mutation", Growing, MEMORY),
        ("mutation", Weakening, LENT),
        ("algorithm", Restless, GLOBAL),
        ("algorithm", Learning, MEMORY),
        ("algorithm", Spoiling, LENT),
        ("figure", erasing, LENT),
        ("figure", flickering, MEMORY),
        ("task", Narrow, "training: expected targets of shape (40, 2), got (40, 1)"),
        ("task", Forgetful, "the same samples from the same random streams"),
        ("task", Undecided, "one largest target a sample"),
        ("wiring", Looping, "expected no loops, or recurrent = True"),
        ("wiring", Straying, "among the allowed ones only"),
        ("rule", Sprouting, "expected circuits.W that stays 0 where there is no synapse"),
        ("rule", SproutingBelow, "expected circuits.V that stays 0 where there is no synapse"),
        ("rule", Lifeless, "expected one life in six at least that stays finite"),
        ("rule", Social, "the same lives in blocks of 1"),
        ("activation", STEEP, "slope: expected the derivative of apply"),
        ("measure", Meddling(), "expected weights, activities, signals and updates of the snapshot that stay what"),
        ("measure", short, "own: expected shape"),
        ("measure", infinite, "expected NaN where it is undefined"),
        ("measure", twice, "gives columns that another one has: alignment"),
        ("selection", greedy, "expected 7 individuals where k is 7, got 1"),
        ("selection", worldly, "not from random or numpy.random"),
        ("crossover", Thieving, "expected second parents that stay what they are"),
        ("crossover", Everywhere, "circuits: expected individuals that are not changed to stay what they are"),
        ("mutation", Overgrown, "mask_ascending: expected synapses only where the wiring family allows them"),
        ("mutation", Unmoved, "circuits: expected some change in five children"),
        ("mutation", Negative, "gains_ascending: expected numbers of 0 or more"),
        ("mutation", Deaf, "circuits: expected the same with a strength of 1"),
        ("objective", ranked, "the same values whoever lives beside"),
        ("objective", undefined, "a finite number of each"),
        ("figure", nothing, "no attribute 'figure'"),
    ],
)
def test_a_member_that_breaks_its_contract_is_noticed(kind, member, message, monkeypatch):
    registry = {
        "task": TASKS,
        "wiring": WIRINGS,
        "rule": RULES,
        "activation": ACTIVATIONS,
        "measure": MEASURES,
        "selection": SELECTIONS,
        "crossover": CROSSOVERS,
        "mutation": MUTATIONS,
        "objective": OBJECTIVES,
        "algorithm": ALGORITHMS,
        "figure": FIGURES,
    }[kind]
    found = member() if isinstance(member, type) and kind == "rule" else member
    found = registry.accept(found)
    monkeypatch.setitem(registry.own, "broken", found)
    with pytest.raises(Exception, match=re.escape(message)):
        testing.check(kind, "broken")


def test_the_task_in_the_documentation_keeps_its_contract_in_a_file_of_ones_own(tmp_path, monkeypatch):
    (text,) = [
        text for magic, text in cells(ROOT / "docs" / "tutorials" / "own-task.md") if magic.endswith("own_task.py")
    ]
    (tmp_path / "own_task.py").write_text(text)
    assert len([line for line in text.splitlines() if line.strip()]) <= 20
    monkeypatch.syspath_prepend(tmp_path)
    testing.check("task", "own_task:Cosine", frequency=2.0)


def test_unknown_kinds_and_options_are_refused():
    with pytest.raises(ValueError, match="kind: expected one of task, wiring"):
        testing.check("weather", "sine")
    with pytest.raises(ValueError, match="have none, got steps"):
        testing.check("circuit", "plain", steps=3)
    for kind, name, options, message in (
        ("rule", "none", {"steps": 3}, "the rule 'none' has no option 'steps'"),
        ("task", "sine", {"amplitud": 3}, "Did you mean 'amplitude'"),
        ("wiring", "small-world", {"rewirin": 0.1}, "Did you mean 'rewiring'"),
        ("crossover", "uniform", {"share": 0.1}, "the crossover 'uniform' has no option 'share'"),
        ("mutation", "gaussian", {"share": 0.1}, "the mutation 'gaussian' has no option 'share'"),
    ):
        with pytest.raises(SettingError, match=message):
            testing.check(kind, name, **options)


@pytest.mark.parametrize("kind", testing.CHECKS)
def test_an_unknown_name_is_refused_with_the_ones_that_there_are(kind):
    with pytest.raises(SettingError, match=r"alignmen|sin|expected one of"):
        testing.check(kind, "alignmen" if kind in ("measure", "figure", "probe") else "sin")


def test_the_algorithm_in_the_documentation_keeps_its_contract_in_a_file_of_ones_own(tmp_path, monkeypatch):
    (text,) = [text for text in examples(ROOT / "docs" / "searching.md") if "class Halves" in text]
    (tmp_path / "own_halves.py").write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    testing.check("algorithm", "own_halves:Halves")
    monkeypatch.setattr(
        sys.modules["own_halves"].Halves, "expect", lambda self, search: {"more": ((1,), np.dtype(float))}
    )
    with pytest.raises(AssertionError, match="expected what expect"):
        testing.check("algorithm", "own_halves:Halves")


def test_the_algorithm_with_a_memory_in_the_documentation_evolves_and_goes_on(tmp_path, monkeypatch):
    (text,) = [text for text in examples(ROOT / "docs" / "searching.md") if "class Fifth" in text]
    (tmp_path / "own_fifth.py").write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    testing.check("algorithm", "own_fifth:Fifth", share=0.5)
    named = [("evolution.algorithm", {"name": "own_fifth:Fifth", "share": 0.5})]
    run = go(tmp_path / "run", *named, "evolution.generations=1")
    run = hetevo.resume(run.path, 2, trust=True)
    assert run.digest == go(tmp_path / "whole", *named, "evolution.generations=2").digest
    strength = hetevo.load_run(run.path).generations["mutation_strength"]
    assert strength[0] == 1
    assert len(strength.unique()) > 1
    with pytest.raises(SettingError, match=r"evolution.algorithm.share: expected less than or equal to 1, got 2"):
        go(tmp_path / "refused", ("evolution.algorithm", {"name": "own_fifth:Fifth", "share": 2.0}))
