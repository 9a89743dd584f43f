"""The report of runs and sweeps: one HTML file that needs nothing else, neither a network nor a script.

================  ===============================================================================
`study`           the runs, put in order, with their statistics
`expectations`    what conditions of known outcome should show: name one in `EXPECTATIONS` to add it
`verdict`         from statistics to words, with every threshold
`tables`          controls, conditions, pairs, runs, configurations, provenance
`drawings`        every figure that applies
`numbers`         numbers as text
`page`            all of it in one file, by ``templates/report.html.jinja``
================  ===============================================================================
"""

from hetevo.analysis.report.page import Report, report, write

__all__ = ["Report", "report", "write"]
