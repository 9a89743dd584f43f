"""Where it came from: descent, and what selection and inheritance each did.

===========  ==================================================================================
`descent`    the line of ancestors of a champion; what alignment did along it, and which step
             raised it beyond noise; the Price equation: selection and transmission
`genealogy`  all of it for other programs: the ALife standard for phylogenies, Newick
`gains`      signs of gains and of their products through the generations, from checkpoints, and when
             they were fixed
===========  ==================================================================================
"""

from hetevo.analysis.lineage.descent import ancestral_line, champion, noise_of_repetition, price, steps
from hetevo.analysis.lineage.gains import fixation, gains
from hetevo.analysis.lineage.genealogy import newick, phylogeny

__all__ = [
    "ancestral_line",
    "champion",
    "fixation",
    "gains",
    "newick",
    "noise_of_repetition",
    "phylogeny",
    "price",
    "steps",
]
