"""An objective: the descending synapses alone, each of which carries a learning signal."""


def descending(lives):
    return lives.genes["mask_descending"].sum(axis=(1, 2)).astype(float)
