"""How the threads of torch wait for each other. Imports no torch, which must come later."""

import os


def sleep_at_barriers() -> None:
    """Let threads sleep where they wait for others, unless OMP_WAIT_POLICY says what they do.

    To be called before torch is imported: its OpenMP runtime reads the variable as it is loaded.
    """
    # Otherwise they spin, and take the cores from the thread they wait for: an epoch of the quick
    # start, on two cores beside two busy programs, was not done after 240 s; it takes 38 s so.
    # On cores that have nothing else to do there is no difference: 11 to 25 s and 10 to 19 s.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
