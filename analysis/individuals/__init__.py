"""Individuals of a run: what they inherited, how they lived, and how they live elsewhere.

============  =====================================================================
`individual`  genes, innate and learned weights, activity and predictions
`tracing`     weights, activity, signals and measures through a life
`assessment`  fresh lives, beside those of founders and of another run's champion
============  =====================================================================
"""

from hetevo.analysis.individuals.assessment import Assessment, assess
from hetevo.analysis.individuals.individual import Individual, load_individual
from hetevo.analysis.individuals.levels import Level
from hetevo.analysis.individuals.tracing import Trace, trace

__all__ = ["Assessment", "Individual", "Level", "Trace", "assess", "load_individual", "trace"]
