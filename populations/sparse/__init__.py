"""Sparse circuits: the model of `hetevo.populations.model` on lists of synapses, for networks of thousands of neurons.

==================  ==========================================================================
`birth`             innate weights, one for each synapse
`circuit`           one circuit: forward and backward pass, changes of the synapses that exist
`life`              the lives of one individual from birth to test, and what a probe sees
==================  ==========================================================================
"""
