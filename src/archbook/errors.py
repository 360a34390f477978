"""Every error that Archbook raises on purpose.

::

    ArchbookError                  the one to catch
    ├── DesignError                one or more Problems in a design folder or another input file
    ├── UnknownName                a name that nothing has (suggests the nearest known one)
    ├── InvalidInput               a number that cannot be, such as a negative rate or NaN
    ├── Saturated                  more work than servers
    ├── EngineUnavailable          a database engine that does not start or answer
    ├── TransactionLost            a transaction that an engine gave up for another one: to be run again
    ├── RenderError                a picture that could not be drawn
    └── Conflict                   a file changed underneath, or would be overwritten

A person never sees a traceback of ours for a mistake of theirs: the command line and the panels print
``str(error)`` and nothing else.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass


class ArchbookError(Exception):
    """Base of all errors raised on purpose. Its text is one clear sentence for a person."""

    exit_code = 2

    def _render_traceback_(self) -> list[str]:
        """What a notebook shows instead of a traceback."""
        return [str(self)]


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with an input: place, what, and remedy, in that order.

    field: the path inside the file, such as ``calls[2].to``; empty for the file as a whole.

    >>> print(Problem("design.yaml", 41, "calls[2].to", "no service `paymnet`", "did you mean `payment`?"))
    design.yaml:41 `calls[2].to`: no service `paymnet`; did you mean `payment`?
    """

    file: str
    line: int | None
    field: str
    what: str
    remedy: str = ""

    def __str__(self) -> str:
        place = self.file + (f":{self.line}" if self.line else "")
        field = f" `{self.field}`" if self.field else ""
        return f"{place}{field}: {self.what}" + (f"; {self.remedy}" if self.remedy else "")


class DesignError(ArchbookError):
    """All problems found in one input, in file order."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class UnknownName(ArchbookError):
    """A name that nothing has.

    >>> str(UnknownName("view", "containrs", ["containers", "events"]))
    'no view `containrs`; did you mean `containers`?'
    """

    def __init__(self, kind: str, name: str, known: Iterable[str]) -> None:
        super().__init__(f"no {kind} {shown(name)}; {suggestion(name, known)}")


class InvalidInput(ArchbookError, ValueError):
    """An argument that cannot be: NaN, a negative rate, a percentile outside 0 to 1."""


class Saturated(ArchbookError):
    """More work arrives than the servers can do.

    >>> str(Saturated("the pool", offered_load=12.4, servers=8))
    "the pool needs 12.4 servers' worth of work and has 8 (utilisation 1.55): add 5 or cut the time of each by 36 %"
    """

    def __init__(self, what: str, offered_load: float, servers: float) -> None:
        self.offered_load = offered_load
        self.servers = servers
        short = offered_load - servers
        missing = f"{short:.3g}" if short >= 1e6 else f"{int(short) + 1}"
        super().__init__(
            f"{what} needs {offered_load:.3g} servers' worth of work and has {servers:.3g} "
            f"(utilisation {offered_load / servers:.3g}): add {missing} or cut the time of each "
            f"by {int(100 * (1 - servers / offered_load)) + 1} %"
        )


class EngineUnavailable(ArchbookError):
    """A database engine that does not start or answer; the text says what to do."""


class TransactionLost(ArchbookError):
    """A transaction that an engine gave up for another one; nothing of it was done, and it may be run again."""

    def __init__(self, engine: str, reason: str) -> None:
        super().__init__(f"{engine} gave the transaction up ({reason}): run it again")


class RenderError(ArchbookError):
    """A picture that could not be drawn; the text says what to do."""


class Conflict(ArchbookError):
    """A file changed underneath, or would be overwritten. Nothing has been written."""


def shown(value: object, limit: int = 60) -> str:
    """A value as an error quotes it: one line, bounded, in backticks.

    >>> shown("a" * 100)[-5:]
    'aaa…`'
    """
    text = " ".join(str(value).split())
    text = "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in text[: limit + 1])
    return f"`{text[:limit] + '…' if len(text) > limit else text}`"


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name most like `name`, or None when none is near.

    >>> nearest("servces", ["stores", "services"])
    'services'
    """
    folded = {candidate.casefold(): candidate for candidate in known}
    match = difflib.get_close_matches(name.casefold()[:200], folded, n=1, cutoff=0.6)
    return folded[match[0]] if match else None


def suggestion(name: str, known: Iterable[str]) -> str:
    """ "did you mean `x`?" or, when nothing is near, the known names.

    >>> suggestion("zzz", ["a", "b"])
    'known are `a`, `b`'
    """
    names = list(known)
    match = nearest(str(name), names)
    if match:
        return f"did you mean `{match}`?"
    if not names:
        return "none is defined"
    listed = ", ".join(f"`{n}`" for n in names[:8])
    return f"known are {listed}" + (f" and {len(names) - 8} more" if len(names) > 8 else "")
