"""What befalls a life besides its tasks: one kind of circumstance a file.

To add one, write a frozen dataclass whose fields are its settings and whose `begin` returns the `Course` of a block of
lives (see `circumstance`), and let `hetevo.evolve.species` build it from its table of the configuration.
"""

from hetevo.populations.circumstances.circumstance import Circumstance, Course, Lot, Streams
from hetevo.populations.circumstances.hardware import Hardware
from hetevo.populations.circumstances.injury import Injury

__all__ = ["Circumstance", "Course", "Hardware", "Injury", "Lot", "Streams"]
