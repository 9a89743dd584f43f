"""The kernel: the model of `hetevo.populations.model`, laid out for speed.

==================  ==========================================================================
`panels`            how synapses are cut into stretches, one a level
`memory`            weights of many circuits, panel by panel
`passes`            forward and backward pass, with settling where there are loops
`correlations`      of signals that change weights; `homosynaptic` terms
`plasticity`        weight changes of a presentation
`bounds`            weights within bounds
`error_block`       memory and passes of circuits with separate error neurons
`error_plasticity`  their weight changes
`gates`             what their weights keep where decay is gated
`snapshot`          what a probe sees of lives
`life`              presentations from birth to test
`perturbation`      what else happens to a life: `injury`, `hardware`
==================  ==========================================================================
"""
