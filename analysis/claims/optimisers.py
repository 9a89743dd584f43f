"""Standard optimisers as heterosynaptic circuits."""

from hetevo.analysis.claims.claim import Claim
from hetevo.analysis.claims.contrast import Contrast

R2, NEURONS = "optimiser_r2_rate_end", "optimiser_r2_neurons_end"

CLAIM = Claim(
    "optimisers",
    "Momentum, weight decay, rates by neuron and sign-like updates are heterosynaptic circuits with filtered or scaled"
    " signals, and the fit of the equivalent optimiser tells them apart.",
    (
        Contrast("plain: one rate explains the update (R²)", ((1, "plain", R2),), value=0.99),
        Contrast("momentum of .9 is found", ((1, "momentum", "change_momentum_end"),), value=0.85),
        Contrast("and with it all of the change (R²)", ((1, "momentum", "change_r2_end"),), value=0.99),
        Contrast("a decay of .018 is found", ((1, "weight decay", "change_decay_end"),), value=0.017),
        Contrast("rates by neuron explain the update (R²)", ((1, "rates by neuron", NEURONS),), value=0.99),
        Contrast(
            "rates by neuron: what one rate explains less (R²)",
            ((1, "rates by neuron", NEURONS), (-1, "rates by neuron", R2)),
            value=0.02,
        ),
        Contrast(
            "signs: the gradient's signs explain more than the gradient (R²)",
            ((1, "signs", "optimiser_r2_signs_end"), (-1, "signs", R2)),
        ),
        Contrast(
            "flipped signs: rates by neuron explain it (R²)",
            ((1, "sign-flipped", NEURONS),),
            value=0.99,
        ),
        Contrast("flipped signs: one rate does not (R²)", ((1, "sign-flipped", R2),), value=0.5, sign=-1),
        Contrast("a Hebbian circuit is none of them (R²)", ((1, "hebbian", NEURONS),), value=0.5, sign=-1),
    ),
    shows={R2: "R² of gradient descent\nwith one rate", NEURONS: "R² of gradient descent\nwith a rate for each neuron"},
)
