"""`hetevo bench`: what a generation takes here, and what Ray costs; speed beside peers is in `benchmarks`."""
