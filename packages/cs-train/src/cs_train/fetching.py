"""`python -m cs_train.fetching ARGUMENTS`: brings the tickets that those train on, and no more.

A container does this before it reads a secret; cs-train then finds them fetched and prepared.
"""

from __future__ import annotations

import sys

from cs_data import DataError
from cs_train.cli import tell
from cs_train.config import ConfigError
from cs_train.config.arguments import configurations
from cs_train.splits import fetch_splits


def main() -> int:
    """Fetch and prepare; return 0, or 2 where a person can mend it."""
    try:
        for config in configurations(sys.argv[1:]):
            fetch_splits(config.dataset)
    except (ConfigError, DataError, OSError) as error:
        return tell(error)
    return 0


if __name__ == "__main__":
    sys.exit(main())
