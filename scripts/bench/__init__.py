"""`hetevo bench`: how fast it is, beside what a user would pick instead, measured in the same run.

One subject a file: `evaluator` (against JAX, against DEAP's usual way, against the processor), `generation` (where a
generation's time goes) and `scaling` (a figure). Peers are in files of their own.
"""
