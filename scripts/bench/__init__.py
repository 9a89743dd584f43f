"""`hetevo bench`: what an experiment and a generation take here, and what Ray costs; lifetimes alone: `benchmarks`."""
