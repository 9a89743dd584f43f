"""Many runs from one file: seeds, conditions, grids, lists walked together, and what is drawn.

`plan` turns a sweep file into runs; `conduct` runs them in parallel, and goes on where it was interrupted. Those that
ship with Hetevo stand in ``evolve/experiments``, each beside its preset.
"""

from hetevo.evolve.sweeps.conduct import conduct
from hetevo.evolve.sweeps.continuing import plan_of_directory
from hetevo.evolve.sweeps.extending import describe_ends, extend_plan
from hetevo.evolve.sweeps.file import find_base, sweep_names
from hetevo.evolve.sweeps.given import Given, read_changes
from hetevo.evolve.sweeps.making import Member
from hetevo.evolve.sweeps.outcomes import STATES, Outcome
from hetevo.evolve.sweeps.plan import Plan, load_plan, plan_of_changes, plan_of_seeds

__all__ = [
    "STATES",
    "Given",
    "Member",
    "Outcome",
    "Plan",
    "conduct",
    "describe_ends",
    "extend_plan",
    "find_base",
    "load_plan",
    "plan_of_changes",
    "plan_of_directory",
    "plan_of_seeds",
    "read_changes",
    "sweep_names",
]
