"""How the threads of torch wait for each other. Imports no torch, which must come later."""

import os


def sleep_at_barriers() -> None:
    """Let threads sleep where they wait for others, unless OMP_WAIT_POLICY says what they do.

    To be called before torch is imported: its OpenMP runtime reads the variable as it is loaded.
    """
    # Otherwise they spin, on cores that the thread they wait for may need: an epoch of the quick
    # start on two cores with a load of 5 to 7 was not done after 240 s; it takes 38 s so. With a
    # load of 1 to 4 there is no clear difference: 10 to 25 s, and 15 to 19 s so.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
