"""`python -m wannsearch`: the same as the command `wannsearch`."""

from __future__ import annotations

import sys

from wannsearch.commands.search import main

if __name__ == "__main__":
    sys.exit(main())
