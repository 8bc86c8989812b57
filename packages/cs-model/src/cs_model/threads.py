"""Keep OpenMP threads from spinning while they wait, and forked processes from waiting for ever.

Imports no torch, which must come later.
"""

from __future__ import annotations

import os
import sys

_SPINS = "2000"


def limit_openmp_spin() -> None:
    """Let threads that wait for others spin only briefly, unless OMP_WAIT_POLICY is set.

    Must be called before torch is imported: its OpenMP runtime reads the variable as it is loaded.
    """
    # Spinning for long takes the cores that the thread which is waited for may need. Seconds for an
    # epoch of the quick start on two cores, idle and beside three busy programs: with 300,000 spins
    # (the runtime's own choice) 8.8, and not done after 240; with 20,000 9.7, and about 110; with
    # 2,000 10.3 and 23.6; with none (OMP_WAIT_POLICY=PASSIVE) 12.3 and 28.0.
    if "OMP_WAIT_POLICY" not in os.environ:
        os.environ.setdefault("GOMP_SPINCOUNT", _SPINS)


def compute_in_forked_processes() -> None:
    """Let processes that are forked from now on compute, each on one thread of its own."""
    if sys.platform == "win32":
        return
    import torch

    # A fork copies only the thread that calls it, but the OpenMP runtime of the child would wait
    # for the others: for ever, unless it is asked for one thread.
    os.register_at_fork(after_in_child=lambda: torch.set_num_threads(1))
