"""Controls, transplants, held-out tasks, and a population that nobody replaces."""

from dataclasses import replace

import numpy as np
import pytest

from hetevo.analysis import load_all, load_run
from hetevo.analysis.probe import AlignmentProbe
from hetevo.evolve import Experiment, preset
from hetevo.evolve.backends import LocalBackend
from hetevo.evolve.backends.failures import EvaluationError
from hetevo.evolve.beginning import transplant_genes
from hetevo.evolve.config import ConfigError
from hetevo.evolve.evolution import Evolution
from hetevo.evolve.generation import draw_generation_zero
from hetevo.evolve.genes import GenesError, check_genes
from hetevo.evolve.heldout import build_held_out_species
from hetevo.evolve.origin import Origin
from hetevo.evolve.rundir import RunDirectoryError
from hetevo.evolve.rundir.sweep import read_entries
from hetevo.evolve.space import Space
from hetevo.evolve.species import build_species
from hetevo.evolve.sweeps import conduct, load_plan
from hetevo.evolve.sweeps.controls import CONTROLS
from hetevo.evolve.verify import verify
from hetevo.populations.circuits import draw_founders, genome
from hetevo.populations.evaluation import evaluate
from hetevo.populations.experience import experience
from hetevo.populations.random_streams import HELD_OUT, Purpose, random_stream
from hetevo.populations.tasks import TASKS

SMALL = ["evolution.size=12", "evolution.generations=3", "lifetime.presentations=20", "backend.workers=1"]
HELD = ["heldout.every=2", 'heldout.families=["sine", "xor"]']


def run(path, *changes, name="smoke", **values):
    return Experiment(preset(name, overrides=[*SMALL, *changes], **values)).run(path)


def plan_of(tmp_path, text):
    file = tmp_path / "mine.toml"
    file.write_text(text)
    return load_plan(file)


def genes_of(path, generation, *changes):
    evolution = Evolution(preset("smoke", overrides=[*SMALL, *changes]))
    return Origin.find(f"{path}@{generation}").load(evolution.config, evolution.species).generation.population


NEEDED = {
    "innate-feedback": 'probe.name = "instruments"',
    "innate-forward": 'probe.measures = ["swapped weights"]',
    "teaching-alone": 'network.circuit = "error-neurons"\nnetwork.wiring = "layered"',
}
"""What the base of a control must have."""


@pytest.mark.parametrize("name", sorted(CONTROLS))
@pytest.mark.parametrize("base", ["emergence", "digits-amorphous"])
def test_every_control_is_a_valid_change_of_every_kind_of_base(name, base, tmp_path):
    control = CONTROLS[name]
    needed = NEEDED.get(name, "")
    plan = plan_of(tmp_path, f'base = "{base}"\nseeds = [1, 2]\ncontrols = ["{name}"]\n[set]\n{needed}\n')
    assert [member.name for member in plan.members[:2]] == [f"{base}-seed1", f"{base}-seed2"]
    pilots = [member for member in plan.members if member.stage == "pilot"]
    assert len(pilots) == (12 if control.matched else 0)
    if control.stage == "end":
        mine = plan.members[2 + len(pilots)]
        assert (mine.name, mine.condition) == (f"{name}-seed1", name)
        assert mine.config.hash() != plan.members[0].config.hash()
        assert {*mine.after} == ({f"{base}-seed1"} if control.follows else {one.name for one in pilots})
    else:
        first = plan.derived[0]
        assert (first.run, first.condition, first.stage) == (f"{base}-seed1", name, control.stage)
    assert control.meaning


@pytest.mark.parametrize(
    ("base", "name", "changes", "reason"),
    [
        ("emergence", "innate-feedback", "", 'probe.name = "instruments"'),
        ("emergence", "innate-forward", 'probe.name = "instruments"\nprobe.every = 0', "swapped weights"),
        ("emergence", "innate-forward", 'plasticity.rule = "transported"', "no feedback weights of its own"),
        ("emergence", "teaching-alone", "", 'network.circuit = "error-neurons"'),
        ("emergence", "signs-by-coin", "plasticity.gains_shared = true", "gains_shared"),
        ("chalmers", "signs-by-coin", "", "has no gains"),
        ("chalmers", "viable-readout", "", "no gains of learning signals"),
        ("emergence", "viable-readout", 'genome.output_gains = "positive"', "genome.output_gains"),
        ("emergence", "signs-by-coin", 'plasticity.rule = "hebbian"', "no gains of learning signals"),
        ("emergence", "equal-gains", 'plasticity.rule = "hebbian"', "no gains of learning signals"),
        ("kolen-pollack", "matched-feedback", 'genome.descending_start = "transposed"', "no size of its own"),
    ],
)
def test_a_control_that_would_mean_nothing_is_refused_with_the_reason(base, name, changes, reason, tmp_path):
    with pytest.raises(ConfigError) as caught:
        plan_of(tmp_path, f'base = "{base}"\ncontrols = ["{name}"]\n[set]\n{changes}\n')
    assert reason in str(caught.value)
    assert name in str(caught.value)


def test_equal_gains_are_those_of_the_base_s_own_rule(tmp_path):
    text = """
    base = "emergence"
    controls = ["equal-gains"]
    [set]
    plasticity.rule = "shuffled-signal"
    plasticity.terms = ["oja"]
    genome.gain_mean_descending = -0.05
    """
    config = plan_of(tmp_path, text).members[1].config
    assert (config.plasticity.rule, config.plasticity.terms) == ("shuffled-signal", ())
    founders = draw_founders(build_species(config), 0, 3)
    assert {float(gain) for gene in ("gains_ascending", "gains_descending") for gain in founders[gene].flat} == {
        np.float32(0.1)
    }


def test_equal_gains_stay_equal_and_give_ceiling_and_floor(tmp_path):
    plan = plan_of(tmp_path, 'base = "smoke"\ncontrols = ["transported", "sign-flipped"]\n')
    outcomes, _ = conduct(plan, tmp_path / "sweep")
    assert [outcome.state for outcome in outcomes] == ["done"] * 3
    _, ceiling, floor = load_all([tmp_path / "sweep"])
    # clipping the error at the outputs is all that comes between
    assert (ceiling.generations["alignment_end"] > 0.99).all()
    assert (floor.generations["alignment_end"] < -0.99).all()


def test_a_sweep_of_controls_runs_transplants_last_and_looks_at_birth(tmp_path):
    controls = sorted({*CONTROLS} - {"teaching-alone"})
    text = f'base = "smoke"\ncontrols = {controls}\nmatched = {{scales = [1, 3], seeds = [900]}}\n[set]\n'
    plan = plan_of(tmp_path, f'{text}lifetime.presentations = 20\nprobe.measures = ["swapped weights"]\n')
    outcomes, signal = conduct(plan, tmp_path / "sweep")
    assert signal == 0
    assert {outcome.state for outcome in outcomes} == {"done"}
    runs = {run.condition: run for run in load_all([tmp_path / "sweep"])}
    assert set(runs) == {"smoke", *controls}
    base, birth = runs["smoke"], runs["birth"]
    assert birth.path == base.path
    np.testing.assert_array_equal(birth.generations["alignment_end"], base.generations["alignment_birth"])
    assert birth.generations["hs_end"].isna().all()
    assert birth.individuals["alignment_end"].equals(base.individuals["alignment_birth"])
    for name, column in {"innate-feedback": "descending", "innate-forward": "ascending"}.items():
        for table in ("generations", "individuals"):
            swapped, own = getattr(runs[name], table), getattr(base, table)
            np.testing.assert_array_equal(swapped["alignment_end"], own[f"alignment_innate_{column}_end"])
            assert swapped["hs_end"].isna().all()
    for undefined in ("no-plasticity", "readout-only"):
        assert runs[undefined].generations["alignment_end"].isna().all()
    entries = read_entries(tmp_path / "sweep")
    assert len(entries) == len(outcomes) + 3
    again, _ = conduct(plan, tmp_path / "sweep")
    assert [one.digest for one in again] == [one.digest for one in outcomes]


def test_controls_beside_conditions_are_those_of_the_first(tmp_path):
    text = 'base = "smoke"\ncontrols = ["birth", "hebbian", "transplant"]\n[set]\nnetwork.levels = [3]\n'
    text += "[conditions.one]\nplasticity.gains_shared = true\n[conditions.two]\nnetwork.levels = [4]\n"
    plan = plan_of(tmp_path, text)
    found = {member.condition: member for member in plan.members}
    assert list(found) == ["one", "two", "hebbian", "transplant"]
    for name, shared, levels in (("two", False, (4,)), ("hebbian", True, (3,)), ("transplant", True, (3,))):
        config = found[name].config
        assert (config.plasticity.gains_shared, config.network.levels) == (shared, levels)
    assert found["transplant"].config.transplant.source == "one-seed0@3"
    assert [(one.condition, one.run) for one in plan.derived] == [("birth", "one-seed0")]


def test_each_point_of_a_grid_has_its_controls(tmp_path):
    text = 'base = "smoke"\nseeds = [1, 2]\ncontrols = ["birth", "neutral", "transplant"]\n'
    text += '[grid]\n"lifetime.batch" = [2, 4]\n'
    plan = plan_of(tmp_path, text)
    controls = [f"{name}, batch={batch}" for batch in (2, 4) for name in ("neutral", "transplant")]
    assert list(dict.fromkeys(one.condition for one in plan.members)) == ["batch=2", "batch=4", *controls]
    for one in plan.members:
        assert one.name == f"{one.condition.replace(', ', '-')}-seed{one.seed}"
        assert one.condition.endswith(f"batch={one.config.lifetime.batch}")
        if one.condition.startswith("transplant"):
            assert one.config.transplant.source == f"batch={one.config.lifetime.batch}-seed{one.seed}@3"
            assert one.after == (f"batch={one.config.lifetime.batch}-seed{one.seed}",)
    assert [(one.condition, one.run) for one in plan.derived] == [
        (f"birth, batch={batch}", f"batch={batch}-seed{seed}") for batch in (2, 4) for seed in (1, 2)
    ]
    # beside conditions, those of the first, at each point
    plan = plan_of(tmp_path, f"{text}[conditions.one]\n[conditions.two]\nnetwork.levels = [4]\n")
    found = {one.condition: one.config for one in plan.members}
    assert list(found)[4:] == controls
    assert {found[name].network.levels for name in controls} == {found["one, batch=2"].network.levels}


def test_a_run_that_waits_for_a_failed_one_fails_and_says_so(tmp_path):
    plan = plan_of(tmp_path, 'base = "smoke"\ncontrols = ["transplant"]\n')
    (tmp_path / "sweep").mkdir()
    outcomes, _ = conduct(plan, tmp_path / "sweep")
    assert outcomes[1].state == "done"
    broken = tmp_path / "broken"
    broken.mkdir()
    conduct(plan_of(tmp_path, 'base = "smoke"\n'), broken)
    (broken / "smoke-seed0" / "config.toml").write_text("seed = \n")
    outcomes, _ = conduct(plan, broken)
    assert [one.state for one in outcomes] == ["failed", "failed"]
    assert "smoke-seed0, which has failed" in outcomes[1].error


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ('controls = ["neutrall"]', ["neutrall", "neutral"]),
        ('controls = ["birth", "birth"]', ["each once"]),
        ('controls = ["birth"]\n[matched]\nscales = [1]', ["matched-feedback", "birth"]),
        ('controls = ["matched-feedback"]\n[matched]\nscales = [0]', ["matched.scales", "above 0"]),
        ('controls = ["matched-feedback"]\n[matched]\nscales = []', ["matched.scales"]),
        ('controls = ["matched-feedback"]\n[matched]\nseeds = [4, 4]', ["matched.seeds", "each seed once"]),
        ('controls = ["matched-feedback"]\n[matched]\nseed = 4', ["matched.seed", "seeds"]),
        ('seeds = [7, 901]\ncontrols = ["matched-feedback"]', ["matched.seeds", "901", "902..904"]),
        ('controls = ["neutral"]\n[conditions.a]\n[conditions.neutral]', ["conditions: 'neutral'", "another name"]),
        ('controls = ["matched-feedback"]\n[grid]\n"network.bias" = [true]', ["'matched-feedback'", "no grid, zip"]),
        (
            'controls = ["hebbian"]\n[grid]\n"plasticity.rule" = ["fixed-feedback", "heterosynaptic"]',
            ["differ in nothing"],
        ),
    ],
)
def test_wrong_controls_are_refused(text, parts, tmp_path):
    with pytest.raises(ConfigError) as caught:
        plan_of(tmp_path, text)
    assert all(part in str(caught.value) for part in parts)


def test_without_turnover_the_founders_live_again(tmp_path):
    run(tmp_path / "run", "evolution.turnover=none", "checkpoint.every=1", "checkpoint.keep=9")
    first, last = genes_of(tmp_path / "run", 0), genes_of(tmp_path / "run", 3)
    for name in first:
        np.testing.assert_array_equal(first[name], last[name])
    individuals = load_run(tmp_path / "run").individuals
    later = individuals[individuals["generation"] > 0]
    assert (later["parent_a"] == later["id"] - 12).all()
    assert set(later["operator"]) == {"elite"}
    assert individuals.groupby("generation")["loss"].mean().nunique() == 4  # in new tasks
    assert verify(tmp_path / "run", replay=3).problems == []


def test_transplanted_genes_come_from_the_source_and_all_others_are_new(tmp_path):
    run(tmp_path / "donor")
    run(tmp_path / "new", "transplant.source=donor@3", seed=0)
    donors, founders = genes_of(tmp_path / "donor", 3), genes_of(tmp_path / "new", 0)
    plain = draw_founders(Evolution(preset("smoke", overrides=SMALL)).species, 0, 12)
    for name in founders:
        same = np.array_equal(founders[name], donors[name])
        assert same == name.startswith(("gains", "decay"))
        assert not np.array_equal(founders[name], plain[name])
    assert verify(tmp_path / "new", replay=0).problems == []
    run(tmp_path / "champion", "transplant.source=donor@3", "transplant.individuals=champion")
    gains = genes_of(tmp_path / "champion", 0).gains_ascending
    last = load_run(tmp_path / "donor").individuals.query("generation == 3")["loss"].to_numpy()
    np.testing.assert_array_equal(gains, np.repeat(donors.gains_ascending[[last.argmin()]], 12, axis=0))


def test_a_whole_transplant_lives_the_same_lives_and_by_coin_lacks_the_signs_of_hidden_gains_alone(tmp_path):
    donor = run(tmp_path / "donor", "genome.innate=inherited")
    whole = ["transplant.source=donor@3", 'transplant.genes=["gain", "decay", "mask", "innate"]']
    whole += ["evolution.turnover=none", "genome.innate=inherited"]
    kept = run(tmp_path / "kept", *whole)
    losses = [load_run(path).individuals.query("generation == 3")["loss"] for path in (donor.path, kept.path)]
    np.testing.assert_array_equal(*losses)
    coin = run(tmp_path / "coin", *whole, "transplant.signs=coin")
    before, after = (genes_of(path, 0, "genome.innate=inherited") for path in (kept.path, coin.path))
    hidden = build_species(preset("smoke")).layout.hidden
    for name in before:
        same = before[name] == after[name]
        if name == "gains_ascending":
            assert 0.3 < same[:, :hidden].mean() < 0.7
            np.testing.assert_array_equal(np.abs(before[name]), np.abs(after[name]))
            same = same[:, hidden:]
        assert same.all()
    assert verify(coin.path, replay=3).problems == []


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        (["transplant.signs=coin"], "transplant.source"),
        (["transplant={source='donor', signs='coin', genes=['decay']}"], "gain"),
        (["transplant={source='donor', signs='coin'}", "plasticity.gains_shared=true"], "gains_shared"),
    ],
)
def test_signs_by_coin_need_transplanted_gains(changes, reason):
    with pytest.raises(ConfigError, match=reason):
        preset("smoke", overrides=changes)


def test_output_gains_stay_positive_in_founders_mutants_and_transplants(tmp_path):
    noisy = ["evolution.gain_mutation_rate=1.0", "evolution.gain_mutation_scale=1.0", "checkpoint.keep_every=1"]
    positive = "genome.output_gains=positive"
    run(tmp_path / "donor", *noisy)
    run(tmp_path / "run", *noisy, positive)
    run(tmp_path / "new", positive, "transplant.source=donor@3")
    hidden = build_species(preset("smoke")).layout.hidden
    plain, kept = genes_of(tmp_path / "donor", 0).gains_ascending, genes_of(tmp_path / "run", 0).gains_ascending
    np.testing.assert_array_equal(kept[:, :hidden], plain[:, :hidden])
    np.testing.assert_array_equal(kept[:, hidden:], np.abs(plain[:, hidden:]))
    for path, generation in (("run", 3), ("new", 0)):
        gains = genes_of(tmp_path / path, generation).gains_ascending
        assert (gains[:, hidden:] >= 0).all()
        assert (gains[:, :hidden] < 0).any()
    assert (genes_of(tmp_path / "donor", 3).gains_ascending[:, hidden:] < 0).any()
    # those that come from outside are checked
    config = preset("smoke", overrides=[*SMALL, positive])
    space = Space(config)
    of_outputs = [name.startswith("gains_ascending") and "level 3" in name for name in space.names]
    assert sum(of_outputs) == config.task.outputs
    assert (space.bounds[of_outputs, 0] == 0).all()
    with pytest.raises(GenesError, match="gains_ascending: expected numbers of 0 or more"):
        check_genes(genes_of(tmp_path / "donor", 3), build_species(config))


def test_gains_are_fitted_to_networks_of_other_sizes(tmp_path):
    run(tmp_path / "donor")
    config = preset(
        "smoke", overrides=[*SMALL, "transplant.source=donor", "network.levels=[5, 9, 4]", "task.outputs=3"]
    )
    species = Evolution(config).species
    fitted, donors = transplant_genes(config, species, tmp_path), genes_of(tmp_path / "donor", 3)
    for gene in genome(species):
        assert fitted[gene.name].shape == (12, *gene.shape)
    hidden = Evolution(preset("smoke")).species.layout.hidden
    np.testing.assert_array_equal(
        fitted.gains_ascending[:, 18:], donors.gains_ascending[:, [hidden, hidden, hidden + 1]]
    )
    assert np.isin(fitted.gains_ascending[:, :18], donors.gains_ascending[:, :hidden]).all()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (["transplant.source=nowhere"], ["transplant.source", "beside the run"]),
        (["transplant.source=donor@77"], ["no checkpoint of generation 77"]),
        (["transplant.source=donor", 'plasticity.terms=["oja"]'], ["no gene 'oja_ascending'"]),
        (["transplant.source=donor", 'transplant.genes=["mask"]', "network.levels=[3]"], ["mask_ascending has shape"]),
    ],
)
def test_what_cannot_be_transplanted_is_refused_before_anything_is_written(changes, words, tmp_path):
    run(tmp_path / "donor")
    with pytest.raises((ConfigError, RunDirectoryError)) as caught:
        run(tmp_path / "new", *changes)
    assert all(word in str(caught.value) for word in words)
    assert not (tmp_path / "new").exists()


def test_inherited_rules_are_transplanted_whole_and_never_by_name_only(tmp_path):
    brief = ["evolution.size=6", "evolution.generations=2", "lifetime.tasks=1", "backend.workers=1"]
    donor = Experiment(preset("chalmers", overrides=brief)).run(tmp_path / "donor")
    config = preset("chalmers", overrides=[*brief, "transplant={source='donor@2',genes=['bits']}", "seed=5"])
    genes = transplant_genes(config, build_species(config), tmp_path)
    saved = Origin.find(f"{donor.path}@2").load(preset("chalmers", overrides=brief), build_species(config))
    np.testing.assert_array_equal(genes["formula"], saved.generation.population["formula"])
    with pytest.raises(ConfigError, match=r"kinds bits, got gain, decay. Name"):
        transplant_genes(
            preset("chalmers", overrides=[*brief, "transplant={source='donor@2',genes=['gain','decay']}"]),
            build_species(config),
            tmp_path,
        )
    run(tmp_path / "circuits")
    with pytest.raises(ConfigError, match=r"inherit gains, those of this run whole rules"):
        transplant_genes(
            preset("chalmers", overrides=[*brief, "transplant.source=circuits@3"]), build_species(config), tmp_path
        )
    with pytest.raises(ConfigError, match=r"different genes"):
        Origin.find(f"{tmp_path / 'circuits'}@3").load(config, build_species(config))
    with pytest.raises(ConfigError, match=r"transplant.scale"):
        preset("chalmers", overrides=["transplant.scale=3.0"])


def test_held_out_tasks_are_measured_and_change_nothing(tmp_path):
    plain, measured = run(tmp_path / "plain"), run(tmp_path / "measured", *HELD)
    assert (plain.digest, plain.probe_digest) == (measured.digest, measured.probe_digest)
    table = load_run(tmp_path / "measured").generations
    for family in ("sine", "xor"):
        for what in ("loss", "alignment_mid", "alignment_end"):
            for who in ("", "_champion"):
                column = table[f"heldout_{family}_{what}{who}"]
                assert column.notna().tolist() == [True, False, True, False]
    own, held = table["loss_mean"][0], table["heldout_sine_loss"][0]
    assert own != held  # tasks of the same family that nobody was selected on
    assert not any(column.startswith("heldout") for column in load_run(tmp_path / "plain").generations)


class Stumbling(AlignmentProbe):
    """A probe that cannot look at one family of tasks."""

    def measure(self, snapshot):
        if isinstance(snapshot.species.task, TASKS["xor"]):
            raise ZeroDivisionError("planted")
        return super().measure(snapshot)


def test_a_failure_on_held_out_tasks_names_the_generation_and_the_family():
    config = preset("smoke", overrides=[*SMALL, *HELD])
    evolution = Evolution(config, Stumbling())
    generation = replace(draw_generation_zero(evolution.species, 0, 12), number=2)
    with pytest.raises(EvaluationError, match=r"^Generation 2, seed 0, held-out tasks of the family 'xor': .*planted"):
        evolution.held_out.measure(LocalBackend(config.backend), evolution.job(2), generation, np.arange(12.0))


@pytest.mark.parametrize(
    ("name", "changes", "without"),
    [
        ("smoke", ["injury.share=0.2", "hardware.noise=0.1", *HELD], {Purpose.NOISE}),
        ("smoke", ["plasticity.rule=node-perturbation", *HELD], {Purpose.INJURY, Purpose.HARDWARE}),
        ("chalmers", ["heldout.every=1", "environment.every=1"], {Purpose.INJURY, Purpose.HARDWARE, Purpose.NOISE}),
    ],
)
def test_all_that_a_held_out_life_draws_is_its_own(monkeypatch, name, changes, without):
    drawn = set()

    def watched(seed, generation, purpose, index=0):
        drawn.add(purpose)
        assert generation == 3
        return random_stream(seed, generation, purpose, index)

    monkeypatch.setattr("hetevo.populations.species.random_stream", watched)
    config = preset(name, overrides=[*changes, "evolution.size=12", "evolution.elites=1"])
    own = set(HELD_OUT) - without
    species, probe = build_species(config), AlignmentProbe()
    for one in (species, *build_held_out_species(config, species).values()):
        drawn.clear()
        evaluate(one, draw_founders(one, 0, 2), np.arange(2), seed=0, generation=3, probe=probe)
        assert drawn == {HELD_OUT[purpose] if one.held_out else purpose for purpose in own}
    assert not set(HELD_OUT) & set(HELD_OUT.values())


def test_held_out_tasks_may_be_more_than_those_of_the_run():
    config = preset("smoke", overrides=[*SMALL, *HELD, "heldout.tasks=7", "lifetime.tasks=2"])
    assert {of.lifetime.tasks for of in build_held_out_species(config, build_species(config)).values()} == {7}
    with pytest.raises(ConfigError, match="samples"):
        Evolution(preset("smoke", overrides=[*HELD, "heldout.tasks=1000000000000"]))


def test_held_out_tasks_are_new_where_those_of_the_run_never_change():
    config = preset("smoke", overrides=["environment.every=0", "heldout.every=1", 'heldout.families=["sine"]'])
    species = build_species(config)
    held = build_held_out_species(config, species)["sine"]
    own, other = (experience(one, 0, generation) for one, generation in ((species, 3), (held, 3)))
    assert (species.environment.every, held.environment.every) == (0, 1)
    assert not np.array_equal(own.training.targets, other.training.targets)


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        (["heldout.every=1"], "at least one task family"),
        ([*HELD[:1], 'heldout.families=["sin"]'], "sine"),
        ([*HELD[:1], 'heldout.families=["digits"]'], "digits"),
        ([*HELD[:1], 'heldout.families=["xor", "xor"]'], "each family once"),
        (["plasticity.rule=shuffled-signal", "lifetime.batch=1"], "at least 2"),
    ],
)
def test_wrong_held_out_tasks_are_refused(changes, word):
    with pytest.raises(ConfigError, match=word):
        preset("smoke", overrides=changes)
