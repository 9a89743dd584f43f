"""The `hetevo` command, also as `python -m hetevo`: what is loaded first, so that Ctrl-C is no traceback meanwhile."""

import os
import signal


def main() -> None:
    """Load the command line, which takes a moment, and run it."""
    # no life uses another thread of the linear algebra library, and those that have nothing to do keep a core busy
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    before = signal.getsignal(signal.SIGINT)
    if before is signal.default_int_handler:  # ignored, it stays so
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from hetevo.evolve.machine import keep_memory
    from hetevo.scripts.main import main as run

    keep_memory()  # with one worker, lives are computed here
    signal.signal(signal.SIGINT, before)
    run()


if __name__ == "__main__":
    main()
