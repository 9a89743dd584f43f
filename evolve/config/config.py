"""A whole configuration, checked across its tables."""

from typing import Any, Self

from pydantic import Field, model_validator

from hetevo.evolve.config.circuit import check_circuit, check_rule, check_storage, frozen
from hetevo.evolve.config.layer import check_binary, check_layer
from hetevo.evolve.config.operators import check_objectives, check_operator
from hetevo.evolve.config.options import check_options, check_values
from hetevo.evolve.config.own_graph import with_graphs
from hetevo.evolve.config.search import check_algorithm
from hetevo.evolve.config.sources import ConfigError
from hetevo.evolve.config.tables import (
    BackendTable,
    CheckpointTable,
    EnvironmentTable,
    ErrorNeuronsTable,
    EvolutionTable,
    GenomeTable,
    HardwareTable,
    HeldOutTable,
    InjuryTable,
    IslandsTable,
    LifetimeTable,
    NetworkTable,
    PlasticityTable,
    ProbeTable,
    RecordsTable,
    Table,
    TaskTable,
    TrackTable,
    TransplantTable,
)
from hetevo.evolve.config.tables.living import check_name, explain_unknown, named_settings
from hetevo.evolve.config.variation import check_variation
from hetevo.evolve.deprecated import rename_keys
from hetevo.evolve.identity import config_hash
from hetevo.evolve.islands import TOPOLOGIES
from hetevo.evolve.objectives import name_of
from hetevo.populations.errors import SettingError
from hetevo.populations.formulas import FORMULAS
from hetevo.populations.layout import Layout
from hetevo.populations.tasks import TASKS
from hetevo.populations.wiring import WIRINGS

BACKEND_NAMES = ("auto", "local", "ray")

LEAST_PROBED = 4
"""Individuals that a probe measures at least, so that some are in every generation."""

SEEDS = 2**63
"""Seeds are below."""


class Config(Table):
    """An experiment, completely described.

    Everything has a default: `Config()` is the experiment `emergence`.

    >>> Config(seed=7, evolution={"size": 64}).evolution.size
    64
    """

    preset: str = Field(
        "", examples=["emergence"], description="preset from which this configuration was made, and what was changed"
    )
    seed: int = Field(0, ge=0, lt=SEEDS, description="seed of all random numbers; 0 or more")
    task: TaskTable = TaskTable()
    network: NetworkTable = NetworkTable()
    plasticity: PlasticityTable = PlasticityTable()
    error_neurons: ErrorNeuronsTable = ErrorNeuronsTable()
    lifetime: LifetimeTable = LifetimeTable()
    environment: EnvironmentTable = EnvironmentTable()
    injury: InjuryTable = InjuryTable()
    hardware: HardwareTable = HardwareTable()
    genome: GenomeTable = GenomeTable()
    transplant: TransplantTable = TransplantTable()
    evolution: EvolutionTable = EvolutionTable()
    islands: IslandsTable = IslandsTable()
    probe: ProbeTable = ProbeTable()
    heldout: HeldOutTable = HeldOutTable()
    records: RecordsTable = RecordsTable()
    checkpoint: CheckpointTable = CheckpointTable()
    backend: BackendTable = BackendTable()
    track: TrackTable = TrackTable()

    @model_validator(mode="before")
    @classmethod
    def _rename(cls, content: Any) -> Any:
        return rename_keys(content) if isinstance(content, dict) else content

    @model_validator(mode="after")
    def _check_names(self) -> Self:
        for key, name, names in (
            *named_settings(self),
            *(("heldout.families", family, "tasks") for family in self.heldout.families),
            *(("evolution.objectives", name_of(name), "objectives") for name in self.evolution.objectives),
            *(("track.to", name, "trackers") for name in self.track.to),
        ):
            check_name(key, name, names)
        for key, given, valid in (
            ("islands.topology", self.islands.topology, list(TOPOLOGIES)),
            ("backend.name", self.backend.name, list(BACKEND_NAMES)),
        ):
            if given not in valid:
                raise ValueError(explain_unknown(key, given, valid))
        return self

    @model_validator(mode="after")
    def _check_option_values(self) -> Self:
        for table in ("task", "network", "plasticity"):
            check_values(f"{table}.options", getattr(self, table).options)
        return self

    @model_validator(mode="after")
    def _check_task(self) -> Self:
        if self.task.name not in TASKS:
            return self
        if self.plasticity.rule in FORMULAS:
            check_binary(self)
        family: Any = TASKS[self.task.name]
        check_options("task.options", self.task.name, family, self.task.options)
        # the family's own checks, such as fixed sizes
        family(inputs=self.task.inputs, outputs=self.task.outputs, **frozen(self.task.options))
        return self

    @model_validator(mode="after")
    def _check_wiring(self) -> Self:
        # other checks say what is wrong with these
        if self.network.wiring not in WIRINGS or not self.network.levels:
            return self
        # options by name first, then what they mean for the other keys
        family: Any = WIRINGS[self.network.wiring]
        check_options("network.options", self.network.wiring, family, self.network.options)
        network, task = self.network, self.task
        if network.settle != "auto" and not family.recurrent:
            loops = ", ".join(name for name, one in WIRINGS.own.items() if one.recurrent)
            raise ValueError(
                f'network.settle: networks of the wiring "{network.wiring}" have no loops, so nothing settles and'
                f" {network.settle} steps mean nothing. Leave it out, or choose a wiring with loops: {loops}"
            )
        # the transpose of the wiring upwards leaves nothing to choose
        if network.feedback == "transposed" and network.options.get("descending", "reversed") != "reversed":
            raise ValueError(
                'network.feedback: "transposed" leaves no choice of the descending wiring, so expected'
                f' network.options.descending = "reversed", got {network.options["descending"]!r}'
            )
        if network.wiring == "file" and self.environment.noise:
            raise ValueError(
                "environment.noise: a graph in a file says which units its inputs are, so expected 0 with"
                f' network.wiring = "file", got {self.environment.noise}'
            )
        # last what only the family knows: whether the sizes suit it
        options = with_graphs(network.options) if network.wiring == "file" else network.options
        inputs = task.inputs + self.environment.noise
        family(**frozen(options)).check(Layout(inputs, tuple(network.levels), task.outputs, network.bias))
        return self

    @model_validator(mode="after")
    def _check_held_out(self) -> Self:
        # something to test on, and nothing twice
        if self.heldout.every and not self.heldout.families:
            raise ValueError(
                f"heldout.families: with heldout.every = {self.heldout.every} expected at least one task family, such"
                f' as ["{self.task.name}", "xor"], got none'
            )
        if len(set(self.heldout.families)) < len(self.heldout.families):
            raise ValueError(f"heldout.families: expected each family once, got {list(self.heldout.families)}")
        # the networks are as they are, so that another family must do with their inputs and outputs
        for name in self.heldout.families:
            if name in TASKS and name != self.task.name:
                family: Any = TASKS[name]
                try:
                    family(inputs=self.task.inputs, outputs=self.task.outputs)
                except SettingError as error:
                    raise ValueError(
                        f"heldout.families: the networks of this run have {self.task.inputs} inputs and"
                        f" {self.task.outputs} outputs, which {name!r} cannot use: {error}"
                    ) from None
        return self

    @model_validator(mode="after")
    def _check_founders(self) -> Self:
        if self.genome.founders and self.transplant.source:
            raise ValueError(
                f"genome.founders: founders have the genes of a file, got {self.genome.founders!r}, or take some of"
                f" another run, got transplant.source = {self.transplant.source!r}. Leave one of them out"
            )
        if self.transplant.signs == "coin" and self.plasticity.gains_shared:
            raise ValueError(
                "transplant.signs: with plasticity.gains_shared outputs have the gain of hidden neurons, so expected"
                ' "kept", got "coin"'
            )
        return self

    @model_validator(mode="after")
    def _check_environment(self) -> Self:
        within, presentations = self.environment.within, self.lifetime.presentations
        # each task needs a presentation of its own
        if within > presentations:
            raise ValueError(
                f"environment.within: expected at most as many tasks as presentations ({presentations}), got {within}"
            )
        inputs = self.task.inputs + self.environment.noise
        if self.environment.exchange < 1 and inputs % 2:
            raise ValueError(
                "environment.exchange: halves of the inputs change places, so expected an even number of them, got"
                f" {inputs} (task.inputs = {self.task.inputs}, environment.noise = {self.environment.noise})"
            )
        # what comes after the end of a life never comes
        for key in ("delay", "stale"):
            late = getattr(self.hardware, key)
            if late > presentations:
                raise ValueError(
                    f"hardware.{key}: expected at most as many as a life has presentations ({presentations}), after"
                    f" which nothing would ever happen, got {late}"
                )
        return self

    @model_validator(mode="after")
    def _check_circuit(self) -> Self:
        check_rule(self)
        check_storage(self)
        check_circuit(self)
        return self

    @model_validator(mode="after")
    def _check_search(self) -> Self:
        check_algorithm(self)
        check_variation(self)
        return self

    @model_validator(mode="after")
    def _check_sizes(self) -> Self:
        evolution, islands = self.evolution, self.islands
        # the kind of network, which the rule decides
        if self.plasticity.rule in FORMULAS:
            check_layer(self)
        elif not self.network.levels and self.network.circuit == "auto":
            raise ValueError(
                f'network.levels: the rule "{self.plasticity.rule}" is one of circuits with two pathways, so expected'
                " at least one hidden level, such as [8, 8], got []. Single layers live by an inherited rule:"
                f" {', '.join(FORMULAS)}"
            )
        elif evolution.bit_flip != EvolutionTable().bit_flip:
            raise ValueError(
                f"evolution.bit_flip: only rules that are inherited whole ({', '.join(FORMULAS)}) have bits, so"
                f" expected the key to be left out, got {evolution.bit_flip}"
            )
        if self.probe.share < 1 and self.probe.share * evolution.size < LEAST_PROBED:
            raise ValueError(
                f"probe.share: expected {LEAST_PROBED} individuals or more, so {LEAST_PROBED} / evolution.size ="
                f" {LEAST_PROBED / evolution.size:.3g} at least, got {self.probe.share}"
            )
        # islands are equal in size, and two are needed to select one
        if evolution.size % islands.count or evolution.size // islands.count < 2:
            raise ValueError(
                f"islands.count: expected a divisor of evolution.size ({evolution.size}) with at least 2 individuals an"
                f" island, got {islands.count}"
            )
        if not evolution.selects:
            return self  # there may be as few individuals as one likes
        # from here on everything happens on one island
        size = evolution.size // islands.count
        where = "individuals" if islands.count == 1 else "individuals on an island"
        if evolution.elites >= size:
            raise ValueError(f"evolution.elites: expected fewer elites than {where} ({size}), got {evolution.elites}")
        if evolution.pool > size:
            raise ValueError(
                f"evolution.pool: expected at most as many parents as {where} ({size}), got {evolution.pool}"
            )
        if islands.migrants > size:
            raise ValueError(f"islands.migrants: expected at most as many as {where} ({size}), got {islands.migrants}")
        # operators are tried on as many individuals as they will meet
        check_objectives(self)
        several, tasks = len(evolution.objectives), self.lifetime.tasks
        check_operator("evolution.select", evolution.select, size, evolution.pool or None, several, tasks)
        if evolution.elites:
            check_operator("evolution.select_elites", evolution.select_elites, size, evolution.elites, several, tasks)
        return self

    def seeded(self, seed: int) -> Self:
        """Return the same experiment with another seed; nothing else depends on it, so nothing is validated again.

        Raises
        ------
        ConfigError
            If it is no seed.
        """
        if not 0 <= seed < SEEDS:
            raise ConfigError(f"seed: expected a whole number from 0 to {SEEDS - 1}, got {seed}")
        return self.model_copy(update={"seed": seed})

    def hash(self) -> str:
        """SHA-256 of everything that decides what a generation looks like, as hexadecimal digits.

        Where lives are computed, what is kept of them and where the run ends does not.
        """
        return config_hash(self.model_dump(mode="json"))
