"""Where it came from: descent, and what selection and inheritance each did.

============  ==================================================================================
`ancestry`    the line of ancestors of a champion, from the records
`steps`       what alignment did along it, and which mutation or crossover raised it beyond noise
`price`       the Price equation: change of a mean, split into selection and transmission
`signs`       gain signs through the generations, from checkpoints, and when they were fixed
============  ==================================================================================
"""

from hetevo.analysis.lineage.ancestry import ancestral_line, champion
from hetevo.analysis.lineage.price import price
from hetevo.analysis.lineage.signs import fixation, gains
from hetevo.analysis.lineage.steps import noise_of_repetition, steps

__all__ = ["ancestral_line", "champion", "fixation", "gains", "noise_of_repetition", "price", "steps"]
