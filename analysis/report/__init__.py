"""The report of runs and sweeps: one HTML file that needs nothing else, neither a network nor a script.

================  ===============================================================================
`study`           the runs, put in order, with their statistics
`expectations`    what conditions of known outcome should show: name one in `EXPECTATIONS` to add it
`judgement`       from statistics to words, with every threshold
`verdict`         the question and the verdict
`tables`          controls, conditions, pairs, runs
`figures`         every figure that applies, by `drawings`
`configuration`   what differs, and all of it
`provenance`      software, machines, dates, digests
`page`            all of it in one file
`markup`          HTML; what is not made by it is escaped
`numbers`         numbers as text
================  ===============================================================================
"""

from hetevo.analysis.report.page import Report, report, write

__all__ = ["Report", "report", "write"]
