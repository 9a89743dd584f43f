"""Are the bits of portable runs those of every processor, in circuits of each kind, and those of others not?"""

import pytest
from processors import HASWELL, OLD, digests_on, why_not

pytestmark = pytest.mark.verification

TINY = ("evolution.size=12", "evolution.generations=3", "lifetime.presentations=30")
BASES = {
    **{name: ("emergence", f"network.activation={name}") for name in ("tanh", "relu", "softplus", "linear")},
    "wide": ("emergence", "network.levels=[96, 64]", "lifetime.batch=33"),
    "recurrent": ("recurrent",),
    "kolen-pollack": ("kolen-pollack",),
    "perturbed": ("hardware",),
    "scale-free": ("scale-free",),
    "barabasi-albert": ("emergence", "network.wiring=barabasi-albert"),
    "error neurons": ("error-neurons-evolved",),
    "layer": ("chalmers",),
    "sparse": ("emergence", "network.storage=sparse"),
    "table": ("iris",),
    "glyphs": ("glyphs", "network.levels=[24]"),
    "all measures": ("emergence", "probe.name=instruments"),
    "on Ray": ("emergence", "backend.name=ray"),
    "held out": ("emergence", "heldout.every=1", 'heldout.families=["xor", "teacher"]'),
}
PROCESSORS = {
    "as it is": {},
    "without AVX-512": HASWELL,
    "before AVX": OLD,
    "Sandybridge's kernels": {"OPENBLAS_CORETYPE": "Sandybridge"},
    "NumPy without AVX-512": {"NPY_DISABLE_CPU_FEATURES": HASWELL["NPY_DISABLE_CPU_FEATURES"]},
}


@pytest.mark.skipif(bool(why_not()), reason=why_not())
def test_portable_bits_do_not_depend_on_the_processor(tmp_path):
    found = {}
    for number, (name, processor) in enumerate(PROCESSORS.items()):
        # two of them are enough to see that bits depend on the processor otherwise
        kinds = ("true", "false") if name in ("as it is", "before AVX") else ("true",)
        experiments = {
            f"{base}, {kind}": [*asked, *TINY, f"backend.portable={kind}", f"backend.workers={1 + number % 2}"]
            for base, asked in BASES.items()
            for kind in kinds
        }
        found[name] = digests_on(processor, experiments, tmp_path / name)
        print(f"{name}: kernels of {found[name].pop('kernels')}")
    for base in BASES:
        ours = {tuple(digests[f"{base}, true"]) for digests in found.values()}
        others = {tuple(digests[f"{base}, false"]) for digests in found.values() if f"{base}, false" in digests}
        print(f"{base}: {len(ours)} digests of portable runs, {len(others)} of others")
        assert len(ours) == 1
        # the oldest kernels differ from those of any processor that can be portable
        assert len(others) == 2
