"""One source, two ways to run: compiled by numba, or as plain Python (``NUMBA_DISABLE_JIT=1``); both give the same.

The machine code is kept beside the source, so that only the first run after a set-up compiles. `make setup` makes
that first run. Nothing here allocates: without numba's counting of references (`_nrt`) the engine runs 1.4 times as
fast and compiles in a tenth of the time.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import numba

_njit: Any = numba.njit  # its stubs do not know all of its options
_Function = TypeVar("_Function", bound=Callable[..., Any])


def compiled(function: _Function) -> _Function:
    """Decorator of functions that Python calls. They let go of the interpreter's lock: threads run at once."""
    made: _Function = _njit(cache=True, nogil=True, error_model="numpy", _nrt=False)(function)
    return made


def inner(function: _Function) -> _Function:
    """Decorator of functions that only compiled ones call; they are kept with their callers."""
    made: _Function = _njit(error_model="numpy", _nrt=False, no_cpython_wrapper=True, no_cfunc_wrapper=True)(function)
    return made


def forget_stale() -> None:
    """Drop kept machine code that is older than any source here: numba looks at the file of the caller alone."""
    here = Path(__file__).parent
    newest = max(path.stat().st_mtime for path in here.glob("*.py"))
    for kept in here.glob("__pycache__/*.nbi"):
        try:
            if kept.stat().st_mtime < newest:
                kept.unlink(missing_ok=True)
        except FileNotFoundError:
            continue  # another process was faster


forget_stale()
