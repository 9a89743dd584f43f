"""Speed beside peers in the same run; `python -m benchmarks --help` lists the subjects.

====================================  =====================================================================
`evaluator`                           lifetimes against JAX, PyTorch, DEAP's usual way, the processor's limit
`scaling`                             how they scale, as a figure
`jax_peer`, `torch_peer`, `deap_peer` the same lifetimes, written as a good user of these would
`cells`                               the sizes that are compared
====================================  =====================================================================

What a generation takes on a machine, and what Ray costs there, is measured by `hetevo bench`.
"""
