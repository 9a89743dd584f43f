"""Where it came from: descent, and what selection and inheritance each did.

=========  ==================================================================================
`descent`  the line of ancestors of a champion; what alignment did along it, and which step
           raised it beyond noise; the Price equation: selection and transmission
`gains`    gain signs through the generations, from checkpoints, and when they were fixed
=========  ==================================================================================
"""

from hetevo.analysis.lineage.descent import ancestral_line, champion, noise_of_repetition, price, steps
from hetevo.analysis.lineage.gains import fixation, gains

__all__ = ["ancestral_line", "champion", "fixation", "gains", "noise_of_repetition", "price", "steps"]
