"""Speed beside peers in the same run; `python -m benchmarks --help` lists the subjects.

`evaluator`             lifetimes against JAX, DEAP's usual way, and the processor's limit
`circuits`              circuits with separate error neurons against two-pathway ones
`scaling`               how they scale, as a figure
`jax_peer`, `deap_peer` the same lifetimes, written as a good user of these would
`cells`                 the sizes that are compared
======================  ================================================================
=======
=====================================  =====================================================================
`evaluator`                            lifetimes against JAX, PyTorch, DEAP's usual way, the processor's limit
`circuits`                             circuits with error neurons against two-pathway ones
`scaling`                              how they scale, as a figure
`jax_peer`, `torch_peer`, `deap_peer`  the same lifetimes, written as a good user of these would
`evosax_peer`, `evotorch_peer`         the same experiment, likewise: programs that `hetevo bench experiment` runs
`jax_life`                             a life in JAX
`gpu`, `arrays`                        when a GPU would win, as an estimate; a life by the Array API
`waiting`                              how long workers wait, with generations and without
`sparse`                               lists of synapses against matrices
`cells`, `sizes`                       the sizes that are compared; what a peer has to know of an experiment
=====================================  =====================================================================

What an experiment and a generation take on a machine, and what Ray costs there, is measured by `hetevo bench`.
"""
