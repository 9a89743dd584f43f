import os

from hypothesis import settings

# the tests compare bits and share two cores: one thread each
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("MPLBACKEND", "Agg")

settings.register_profile("hetevo", deadline=None, derandomize=True, max_examples=25)
settings.load_profile("hetevo")
