"""Many runs from one file: seeds, conditions, grids and lists walked together.

`plan` turns a sweep file into runs; `conduct` runs them in parallel, and goes on where it was interrupted. Those that
ship with Hetevo stand in ``evolve/experiments``, each beside its preset.
"""

from hetevo.evolve.sweeps.conduct import STATES, Outcome, conduct
from hetevo.evolve.sweeps.file import find_base, sweep_names
from hetevo.evolve.sweeps.plan import Member, Plan, load_plan, plan_of_seeds

__all__ = [
    "STATES",
    "Member",
    "Outcome",
    "Plan",
    "conduct",
    "find_base",
    "load_plan",
    "plan_of_seeds",
    "sweep_names",
]
