"""`python -m archbook`: the command line where no `archbook` is on PATH."""

import sys

from archbook.cli import main

if __name__ == "__main__":
    sys.exit(main())
