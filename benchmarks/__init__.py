"""Speed beside peers in the same run; `python -m benchmarks --help` lists the subjects.

======================  ================================================================
`evaluator`             lifetimes against JAX, DEAP's usual way, and the processor's limit
`circuits`              circuits with separate error neurons against two-pathway ones
`scaling`               how they scale, as a figure
`jax_peer`, `deap_peer` the same lifetimes, written as a good user of these would
`cells`                 the sizes that are compared
======================  ================================================================

What a generation takes on a machine, and what Ray costs there, is measured by `hetevo bench`.
"""
