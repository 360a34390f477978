"""One source, two ways to run: compiled by numba, or as plain Python (``NUMBA_DISABLE_JIT=1``); both give the same.

The machine code is kept beside the source, so that only the first run after a set-up compiles. `make setup` makes
that first run.
"""

from __future__ import annotations

from typing import Any

import numba

compiled: Any = numba.njit(cache=True, nogil=True, error_model="numpy")
"""Decorator of functions over numbers and arrays. It lets go of the interpreter's lock: threads run at once."""
