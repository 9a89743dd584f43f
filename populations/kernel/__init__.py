"""The kernel: the model of `hetevo.populations.model`, laid out for speed.

==================  ==========================================================================
`panels`            how synapses are cut into stretches, one a level
`memory`            weights of many circuits, panel by panel
`passes`            forward and backward pass, with settling where there are loops
`correlations`      of signals that change weights; `homosynaptic` terms
`plasticity`        weight changes of a presentation
`life`              presentations from birth to test
`perturbation`      what else happens to a life: `injury`, `hardware`
==================  ==========================================================================
"""
