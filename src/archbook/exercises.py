"""The exercise kit: a stub left as `TODO` runs, and `check` answers right, wrong or not yet, never with a traceback.

In a notebook::

    from archbook.exercises import TODO, check, solution

    answer = TODO
    check("00.1", answer, design)

The exercises stand in `archbook.exercise_sets`, one module a notebook. Right answers are computed from the design at
hand. Each wrong try opens one more hint, and the solution opens after a right answer or three tries.
"""

from __future__ import annotations

import importlib
import inspect
import math
import numbers
import pkgutil
import textwrap
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from html import escape
from typing import Any, Literal, Protocol

from archbook import progress as store
from archbook import units
from archbook.design.model import Design
from archbook.errors import ArchbookError, UnknownName, shown, suggestion
from archbook.tables import Table, as_columns

State = Literal["right", "wrong", "not yet", "told"]
WORDS: dict[State, tuple[str, str]] = {"right": ("Right.", "#009E73"), "wrong": ("Not right yet.", "#D55E00"),
                                       "not yet": ("Not yet.", "#6B7280"), "told": ("", "#6B7280")}  # fmt: skip
TRIES_TO_SOLUTION = 3


class _Todo:
    """What a stub holds until it is replaced; whatever is done with it gives it back, so that a blank notebook runs."""

    def __repr__(self) -> str:
        return "TODO"

    def __bool__(self) -> bool:
        return False

    def _itself(self, *_: object, **__: object) -> _Todo:
        return self

    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = __rtruediv__ = _itself
    __pow__ = __rpow__ = __neg__ = __call__ = __getitem__ = _itself


TODO: Any = _Todo()


@dataclass(frozen=True, slots=True)
class Reply:
    """What the check says; shows itself in a notebook and a terminal, and is true when the answer is right."""

    state: State
    text: str
    hint: str = ""
    note: str = ""
    code: str = ""

    def __bool__(self) -> bool:
        return self.state == "right"

    def __str__(self) -> str:
        head = f"{WORDS[self.state][0]} {self.text}".strip()
        return "\n".join(filter(None, (head, self.code, self.hint and f"Hint: {self.hint}", self.note)))

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        word, colour = WORDS[self.state]
        head = f"<strong>{word}</strong> " if word else ""
        lines = [head + _html(self.text), f"<pre>{escape(self.code)}</pre>" if self.code else "",
                 f"<strong>Hint</strong> {_html(self.hint)}" if self.hint else "", _html(self.note)]  # fmt: skip
        body = "".join(f'<div style="margin:2px 0">{line}</div>' for line in lines if line.strip())
        style = f"border-left:4px solid {colour};padding:2px 12px;font:14px/1.5 system-ui,sans-serif;max-width:60em"
        return {"text/html": f'<div role="status" style="{style}">{body}</div>', "text/plain": str(self)}


def _html(text: str) -> str:
    pieces = escape(text).split("`")
    return "".join(f"<code>{piece}</code>" if i % 2 else piece for i, piece in enumerate(pieces))


class Stumble(Exception):
    """An answer that cannot be judged; the text says why, to its author."""


class Kind(Protocol):
    """How one sort of answer is written and judged."""

    def form(self, design: Design, /) -> str:
        """How an answer is written."""

    def fault(self, answer: Any, design: Design, /) -> str:
        """What is wrong with an answer; empty when it is right. Raises Stumble when it cannot be judged."""


@dataclass(frozen=True, slots=True)
class Exercise:
    """One question.

    hints: at most three, each more specific. solution: a function of the design that answers it.
    because: what the right answer teaches, computed from the design where it has numbers in it.
    """

    id: str
    title: str
    question: str
    kind: Kind
    hints: tuple[str, ...]
    solution: Callable[[Design], Any]
    because: Callable[[Design], str]


Unit = Literal["duration", "size", "rate", "share", "factor", "number"]
READ: dict[Unit, tuple[Callable[[object], float], Callable[[float], str], str]] = {
    "duration": (units.parse_duration, units.show_duration, 'a duration such as `"12ms"`, or a number of seconds'),
    "size": (units.parse_size, units.show_size, 'a size such as `"4GB"`, or a number of bytes'),
    "rate": (units.parse_rate, lambda x: units.show_rate(x, ""), 'a number a second, or such as `"100/min"`'),
    "share": (units.parse_share, units.show_share, 'a share such as `0.05` or `"5%"`'),
    "factor": (units.parse_number, units.show_factor, "a multiple, such as `3.2`"),
    "number": (units.parse_number, units.significant, "a number"),
}
MIXED_UP = {60: "minutes and seconds", 3600: "hours and seconds", 86400: "days and seconds", 24: "days and hours",
            100: "percent and shares", 1e3: "prefixes of units", 1e6: "prefixes of units"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Value:
    """A number with a unit. tolerance: relative; it is stated to the reader."""

    answer: Callable[[Design], float]
    unit: Unit
    tolerance: float = 0.05

    def form(self, _: Design, /) -> str:
        near = f"; within {units.show_share(self.tolerance)} counts as right" if self.tolerance else ""
        return f"Answer with {READ[self.unit][2]}{near}."

    def fault(self, answer: Any, design: Design, /) -> str:
        parse, show, form = READ[self.unit]
        try:
            given = _guarded("your number", float, answer) if _is_number(answer) else parse(answer)
        except ValueError:
            raise Stumble(f"{_quoted(answer)} cannot be read; write {form}.") from None
        return off(given, self.answer(design), self.tolerance, show)


def off(given: float, expected: float, tolerance: float, show: Callable[[float], str]) -> str:
    """How a number is off, and whether units were mixed up; empty when it is within the relative tolerance.

    >>> off(12.0, 0.012, 0.05, units.show_duration)
    '12 s is too large, by about 1\u202f000×: are prefixes of units mixed up?'
    """
    if given == expected or abs(given - expected) <= tolerance * abs(expected):
        return ""
    if math.isnan(given):
        return "NaN is no number that can be right."
    text = f"{show(given)} is too {'large' if given > expected else 'small'}"
    ratio = max(given / expected, expected / given) if given * expected > 0 else 0.0
    for factor, what in MIXED_UP.items():
        if abs(ratio / factor - 1) <= 0.05:
            return f"{text}, by about {units.show_factor(factor)}: are {what} mixed up?"
    return f"{text}."


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several names. answer: the right one, or all that are right."""

    options: Callable[[Design], Sequence[str]]
    answer: Callable[[Design], str | Iterable[str]]

    def form(self, design: Design, /) -> str:
        options = [f'`"{option}"`' for option in self.options(design)]
        more = f" or one of {len(options) - 6} more" if len(options) > 8 else ""
        return f"Answer with one of {', '.join(options[:6] if more else options)}{more}."

    def fault(self, answer: Any, design: Design, /) -> str:
        options = {option.casefold(): option for option in self.options(design)}
        chosen = options.get(answer.strip().casefold()) if isinstance(answer, str) else None
        if chosen is None:
            known = suggestion(_plain(answer), options.values())
            raise Stumble(f"{_quoted(answer)} is not one of the options; {known}")
        right = self.answer(design)
        return "" if chosen in ([right] if isinstance(right, str) else list(right)) else f"It is not `{chosen}`."


@dataclass(frozen=True, slots=True)
class Names:
    """All that hold of several names, in any order. answer: the right ones."""

    options: Callable[[Design], Sequence[str]]
    answer: Callable[[Design], Iterable[str]]

    def form(self, design: Design, /) -> str:
        return f"Answer with a list of those that hold: {', '.join(f'`{option}`' for option in self.options(design))}."

    def fault(self, answer: Any, design: Design, /) -> str:
        if not isinstance(answer, list | tuple | set | frozenset):
            raise Stumble(f"{_quoted(answer)} is not a list. {self.form(design)}")
        for name in answer:
            Choice(self.options, self.options).fault(name, design)  # Stumble at what is no option
        given, right = {name.strip().casefold() for name in answer}, {name.casefold() for name in self.answer(design)}
        if len(given - right) + len(right - given) == 0:
            return ""
        return f"{len(given & right)} of them hold; {len(given - right)} do not, and {len(right - given)} are missing."


@dataclass(frozen=True, slots=True)
class Text:
    """A text of the reader's, such as DDL. lacks: what it still lacks, given the text and the design; or empty."""

    lacks: Callable[[str, Design], str]
    what: str

    def form(self, _: Design, /) -> str:
        return f"Answer with {self.what}, in quotes."

    def fault(self, answer: Any, design: Design, /) -> str:
        if not isinstance(answer, str):
            raise Stumble(f"{_quoted(answer)} is not a text. {self.form(design)}")
        return str(_guarded("your text", self.lacks, answer, design))


@dataclass(frozen=True, slots=True)
class Function:
    """A function of the reader's, tried on cases: (arguments, expected number, or True or False)."""

    cases: Callable[[Design], Iterable[tuple[tuple[Any, ...], float]]]
    tolerance: float = 1e-6

    def form(self, _: Design, /) -> str:
        return "Answer with a function: give its name, without brackets."

    def fault(self, answer: Any, design: Design, /) -> str:
        if not callable(answer):
            raise Stumble(f"{_quoted(answer)} is not a function; give the name of one, without brackets.")
        for arguments, expected in self.cases(design):
            place = f"for ({', '.join(map(_plain, arguments))})"
            given = _guarded(f"{place} your function", answer, *arguments)
            if _holds_todo(given):
                raise Stumble("Your function still returns `TODO`, or nothing.")
            if isinstance(expected, bool):
                if not isinstance(given, bool):
                    raise Stumble(f"{place} your function gives {_quoted(given)}; it must give True or False.")
                if given is not expected:
                    return f"{place} it must not give `{given}`."
                continue
            if not _is_number(given):
                raise Stumble(f"{place} your function gives {_quoted(given)}; it must give a number.")
            if wrong := off(_guarded("its answer", float, given), expected, self.tolerance, units.significant):
                return f"{place} {wrong}"
        return ""


@dataclass(frozen=True, slots=True)
class Change:
    """A change of the design. lacks: what the changed design still lacks, given the old and the new; or empty."""

    lacks: Callable[[Design, Design], str]

    def form(self, _: Design, /) -> str:
        return 'Answer with a change, such as `{("services", "NAME", "instances"): 6}`, or with a changed design.'

    def fault(self, answer: Any, design: Design, /) -> str:
        if isinstance(answer, Mapping):
            answer = _guarded("your change", design.changed, answer)
        if not isinstance(answer, Design):
            raise Stumble(f"{_quoted(answer)} is not a change. {self.form(design)}")
        return str(_guarded("your design", self.lacks, design, answer))


def check(id: str, answer: Any = TODO, design: Design | None = None) -> Reply:
    """Right, wrong or not yet, in a sentence; a wrong try opens the next hint. Never raises."""
    try:
        exercise = find(id)
        if design is None:
            return Reply("not yet", f'Give the design too: `check("{exercise.id}", answer, design)`.')
        if _holds_todo(answer):
            return Reply("not yet", f"{exercise.question} {exercise.kind.form(design)}")
        try:
            fault = exercise.kind.fault(answer, design)
        except Stumble as stumble:
            return Reply("not yet", str(stumble))
        entry, note = store.note_try(exercise.id, right=not fault)
        if not fault:
            return Reply("right", exercise.because(design), note=note)
        hint = exercise.hints[min(entry.wrong, len(exercise.hints)) - 1]
        if entry.wrong >= TRIES_TO_SOLUTION:
            note = f'`solution("{exercise.id}")` shows a way. {note}'.strip()
        return Reply("wrong", fault, hint, note)
    except ArchbookError as error:
        return Reply("not yet", f"{error}.")
    except Exception as error:  # a fault of the exercise itself must not end the reader's run
        return Reply("not yet", f"This exercise cannot judge that answer ({type(error).__name__}: {error}).")


def solution(id: str, anyway: bool = False) -> Reply:
    """The worked solution: after a right answer or three tries, or anyway. Never raises."""
    try:
        exercise = find(id)
        entries, note = store.read()
    except ArchbookError as error:
        return Reply("not yet", f"{error}.")
    entry = entries.get(exercise.id, store.Entry())
    if not (anyway or entry.solved or entry.wrong >= TRIES_TO_SOLUTION):
        left = units.show_count(TRIES_TO_SOLUTION - entry.wrong, "more try", "more tries")
        return Reply("told", f"A solution opens after a right answer or {left}; "
                             f'`solution("{exercise.id}", anyway=True)` shows it now.', note=note)  # fmt: skip
    code = textwrap.dedent(inspect.getsource(exercise.solution)).strip()
    return Reply("told", f"One way to answer {exercise.id}:", code=code, note=note)


def progress(notebook: str = "") -> Table:
    """How far the reader is, one row an exercise; `notebook` is a name such as `00_start_here`, or its number."""
    entries, _ = store.read()
    rows = []
    for exercise in exercises().values():
        if exercise.id.startswith(_prefix(notebook)):
            entry = entries.get(exercise.id, store.Entry())
            state = "solved" if entry.solved else "tried" if entry.wrong else "open"
            rows.append((exercise.id, exercise.title, state, entry.wrong or None, entry.solved or None))
    title = f"{sum(row[2] == 'solved' for row in rows)} of {len(rows)} solved"
    return as_columns(("exercise", "about", "state", ">wrong tries", "solved on"), rows, title)


def reset(notebook: str = "") -> Reply:
    """Forget the progress in one notebook, or in all."""
    try:
        dropped, note = store.forget(_prefix(notebook))
    except ArchbookError as error:
        return Reply("told", f"{error}.")
    where = f"notebook {_prefix(notebook).rstrip('.')}" if notebook else "all notebooks"
    return Reply("told", f"Progress of {units.show_count(dropped, 'exercise')} in {where} is forgotten.", note=note)


@cache
def exercises() -> Mapping[str, Exercise]:
    """All exercises by id, in order. A set is one module in `archbook.exercise_sets` with a tuple EXERCISES."""
    room = importlib.import_module("archbook.exercise_sets")
    names = [f"{room.__name__}.{module.name}" for module in pkgutil.iter_modules(room.__path__)]
    found = [exercise for name in names for exercise in importlib.import_module(name).EXERCISES]
    return {exercise.id: exercise for exercise in sorted(found, key=lambda exercise: exercise.id)}


def find(id: str) -> Exercise:
    """The exercise called `id`. Raises UnknownName."""
    known = exercises()
    if not isinstance(id, str) or id not in known:
        raise UnknownName("exercise", str(id), known)
    return known[id]


def _prefix(notebook: str) -> str:
    return f"{notebook[:2]}." if notebook else ""


def _holds_todo(answer: Any) -> bool:
    if isinstance(answer, Mapping):
        return any(value is TODO or value is Ellipsis for value in answer.values())
    return answer is TODO or answer is None or answer is Ellipsis


def _is_number(value: Any) -> bool:
    return not isinstance(value, bool) and isinstance(value, numbers.Real)


def _guarded(what: str, function: Callable[..., Any], *arguments: Any) -> Any:
    """Call what may be the reader's; whatever it raises becomes a sentence. Raises Stumble."""
    try:
        return function(*arguments)
    except ArchbookError as error:
        raise Stumble(f"{what}: {error}.") from None
    except KeyboardInterrupt:
        raise Stumble(f"{what} was stopped before it answered.") from None
    except (Exception, SystemExit) as error:
        where = f" in its line {line}" if (line := _line_in(function, error)) else ""
        raise Stumble(f"{what} stopped{where} with {type(error).__name__}: {_plain(error)}.") from None


def _line_in(function: Callable[..., Any], error: BaseException) -> int | None:
    """The line of the function, counted from its `def`, in which it stopped."""
    code, trace = getattr(function, "__code__", None), error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code is code and code is not None:
            return int(trace.tb_lineno - code.co_firstlineno + 1)
        trace = trace.tb_next
    return None


def _quoted(value: Any) -> str:
    return shown(_plain(value))


def _plain(value: Any) -> str:
    """A value as text, whatever it is: even one whose own text cannot be made."""
    try:
        return f"{value:.6g}" if isinstance(value, float) else " ".join(str(value).split())[:200]
    except Exception as error:
        return f"a {type(value).__name__} that cannot be shown ({type(error).__name__})"
