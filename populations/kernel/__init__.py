"""The kernel: the model of `hetevo.populations.model`, laid out for speed.

==================  ==========================================================================
`memory`            weights of many circuits, panel by panel
`passes`            forward and backward pass, with settling where there are loops
`plasticity`        weight changes of a presentation; `homosynaptic` terms
`life`              presentations from birth to test
`perturbation`      what else happens to a life: `injury`, `hardware`
==================  ==========================================================================
"""
