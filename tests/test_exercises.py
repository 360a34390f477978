"""The exercise kit: right, wrong or not yet, never a traceback; progress that nothing loses."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from archbook import exercises as kit
from archbook import progress as store
from archbook.design.model import Design
from archbook.errors import InvalidInput
from archbook.exercises import TODO, Change, Choice, Exercise, Function, Value, check, solution

DESIGN = Design.model_validate(
    {
        "archbook": 1,
        "name": "tiny",
        "traffic": {"daily_active_users": 86400, "sessions_per_user_per_day": 2, "peak_to_mean": 3},
        "services": {"shop": {"instances": 2}, "bank": {}},
    }
)
HINTS = ("Look at the traffic.", "Multiply users and visits.", "Divide by 86 400 s and take the peak.")


def lacks(before: Design, after: Design) -> str:
    assert before is DESIGN
    return "" if after.services["shop"].instances >= 4 else "`shop` still has too few instances."


def made(id: str, kind: kit.Kind) -> Exercise:
    return Exercise(id, f"About {id}", "How many?", kind, HINTS, solution=solve, because=lambda _: "So it is.")


def solve(design: Design) -> float:
    """Users × visits over a day."""
    return design.sessions_per_s()


def impossible(design: Design) -> float:
    raise InvalidInput(f"{design.name} has no such number")


MADE = {
    exercise.id: exercise
    for exercise in (
        made("77.1", Value(lambda design: design.sessions_per_s(), "rate")),
        made("77.2", Choice(lambda design: list(design.services), lambda _: "bank")),
        made("77.3", Function(lambda _: [((2.0, 3.0), 6.0), ((0.0, 5.0), 0.0)])),
        made("77.4", Change(lacks)),
        made("77.5", Value(lambda _: 0.012, "duration")),
        made("77.6", Value(impossible, "number")),
        made("78.1", Value(lambda _: 0.05, "share", tolerance=0.01)),
    )
}


@pytest.fixture(autouse=True)
def our_exercises(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kit, "exercises", lambda: MADE)


def product(rate: float, time: float) -> float:
    return rate * time


def total(rate: float, time: float) -> float:
    return rate + time


def division(rate: float, time: float) -> float:
    return time / rate


def stub(*_: float) -> Any:
    return TODO


def forgetful(rate: float, time: float) -> None:
    rate * time


def wordy(*_: float) -> str:
    return "six"


def endless(rate: float, time: float) -> float:
    return endless(rate, time)


def leaving(*_: float) -> float:
    sys.exit(1)


def interrupted(*_: float) -> float:
    raise KeyboardInterrupt


class Nasty:
    def __str__(self) -> str:
        raise RuntimeError("no text")

    __repr__ = __str__


ANSWERS: list[tuple[str, Any, str, str]] = [
    ("77.1", 6, "right", "So it is."),
    ("77.1", 6.2, "right", "So it is."),
    ("77.1", "6/s", "right", "So it is."),
    ("77.1", "360 / min", "right", "So it is."),
    ("77.1", np.float64(6.0), "right", "So it is."),
    ("77.1", 6.4, "wrong", "6.4 /s is too large"),
    ("77.1", -6, "wrong", "too small"),
    ("77.1", math.nan, "wrong", "NaN"),
    ("77.1", math.inf, "wrong", "too large"),
    ("77.1", 360, "wrong", "are minutes and seconds mixed up?"),
    ("77.1", 6 * 86400, "wrong", "are days and seconds mixed up?"),
    ("77.1", "six", "not yet", "`six` cannot be read; write a number a second"),
    ("77.1", 10**400, "not yet", "OverflowError"),
    ("77.1", True, "not yet", "`True` cannot be read"),
    ("77.1", [6], "not yet", "cannot be read"),
    ("77.1", Nasty(), "not yet", "cannot be shown"),
    ("77.1", np.array([1, 2]), "not yet", "cannot be read"),
    ("77.5", "12ms", "right", "So it is."),
    ("77.5", "12 s", "wrong", "are prefixes of units mixed up?"),
    ("78.1", "5%", "right", "So it is."),
    ("78.1", 5, "wrong", "are percent and shares mixed up?"),
    ("78.1", "4.9%", "wrong", "4.9 % is too small"),
    ("77.2", "bank", "right", "So it is."),
    ("77.2", " Bank ", "right", "So it is."),
    ("77.2", "shop", "wrong", "It is not `shop`."),
    ("77.2", "bnk", "not yet", "did you mean `bank`?"),
    ("77.2", 7, "not yet", "`7` is not one of the options"),
    ("77.2", Nasty(), "not yet", "not one of the options"),
    ("77.3", product, "right", "So it is."),
    ("77.3", total, "wrong", "for (2, 3) 5 is too small"),
    ("77.3", division, "wrong", "for (2, 3) 1.5 is too small"),
    ("77.3", stub, "not yet", "still returns `TODO`"),
    ("77.3", forgetful, "not yet", "still returns `TODO`, or nothing"),
    ("77.3", wordy, "not yet", "gives `six`; it must give a number"),
    ("77.3", endless, "not yet", "RecursionError"),
    ("77.3", leaving, "not yet", "SystemExit"),
    ("77.3", interrupted, "not yet", "was stopped"),
    ("77.3", lambda: 1, "not yet", "TypeError"),
    ("77.3", 6, "not yet", "`6` is not a function"),
    ("77.4", {("services", "shop", "instances"): 4}, "right", "So it is."),
    ("77.4", DESIGN.changed({("services", "shop", "instances"): 4}), "right", "So it is."),
    ("77.4", {("services", "shop", "instances"): 3}, "wrong", "too few instances"),
    ("77.4", {("services", "shp", "instances"): 4}, "not yet", "no part `shp`; did you mean `shop`?"),
    ("77.4", {"services": 4}, "not yet", "your"),
    ("77.4", {("services", "shop", "instances"): "many"}, "not yet", "TypeError"),
    ("77.4", 4, "not yet", "is not a change"),
    ("77.6", 4, "not yet", "tiny has no such number"),
    ("77.9", 4, "not yet", "no exercise `77.9`; did you mean `77."),
    (None, 4, "not yet", "no exercise `None`"),
]  # type: ignore[assignment]


@pytest.mark.parametrize(("id", "answer", "state", "text"), ANSWERS)
def test_each_answer_is_judged_in_a_sentence(id: str, answer: Any, state: str, text: str) -> None:
    reply = check(id, answer, DESIGN)
    assert (reply.state, text in reply.text) == (state, True), reply
    assert bool(reply) == (state == "right")
    assert "Traceback" not in str(reply)
    assert str(reply) == reply._repr_mimebundle_()["text/plain"]


def test_a_function_that_stops_names_its_line() -> None:
    def mine(rate: float, time: float) -> float:
        waiting = rate - 2
        return time / waiting

    assert check("77.3", mine, DESIGN).text == (
        "for (2, 3) your function stopped in its line 3 with ZeroDivisionError: float division by zero."
    )


@pytest.mark.parametrize("id", MADE)
@pytest.mark.parametrize("answer", [TODO, None, ..., TODO * 2 + 1, -TODO, 3 / TODO, TODO("x")[0], {("a",): TODO}])
def test_a_stub_runs_and_is_answered_with_the_question(id: str, answer: Any) -> None:
    reply = check(id, answer, DESIGN)
    assert reply.state == "not yet"
    assert reply.text.startswith("How many? Answer with")
    assert store.read() == ({}, "")


def test_a_check_without_the_design_asks_for_it() -> None:
    assert check("77.1", 6).text == 'Give the design too: `check("77.1", answer, design)`.'


def test_the_tolerance_is_stated() -> None:
    assert "within 5 % counts as right" in check("77.1", TODO, DESIGN).text
    assert "within 1 % counts as right" in check("78.1", TODO, DESIGN).text


def test_hints_grow_more_specific_at_each_wrong_try_and_end_with_the_way_to_the_solution() -> None:
    replies = [check("77.1", wrong, DESIGN) for wrong in (1, 2, 3, 4)]
    assert [reply.hint for reply in replies] == [*HINTS, HINTS[2]]
    assert ['`solution("77.1")`' in reply.note for reply in replies] == [False, False, True, True]


def test_an_answer_that_cannot_be_judged_costs_no_hint() -> None:
    check("77.1", "six", DESIGN)
    assert check("77.1", 1, DESIGN).hint == HINTS[0]


def test_the_solution_opens_after_a_right_answer_or_three_tries() -> None:
    assert solution("77.1").code == ""
    assert "3 more tries" in solution("77.1").text
    for wrong in (1, 2, 3):
        check("77.1", wrong, DESIGN)
    assert "sessions_per_s()" in solution("77.1").code
    assert solution("77.5").code == ""
    check("77.5", "12ms", DESIGN)
    assert solution("77.5").code.startswith("def solve(design: Design)")
    assert solution("77.2", anyway=True).code
    assert "no exercise" in solution("nothing").text


def test_a_reply_is_escaped_in_a_notebook() -> None:
    page = check("77.1", "<script>alert(1)</script>", DESIGN)._repr_mimebundle_()["text/html"]
    assert "<script" not in page
    assert "<code>&lt;script&gt;" in page


@given(st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.binary(), st.complex_numbers(),
                 st.lists(st.integers(), max_size=3), st.dictionaries(st.text(), st.integers(), max_size=3)),
       st.sampled_from(sorted(MADE)))  # fmt: skip
def test_no_answer_raises(answer: Any, id: str) -> None:
    assert str(check(id, answer, DESIGN))


# Progress


def test_progress_survives_a_restart_and_is_shown(archbook_home: Path) -> None:
    check("77.1", 6, DESIGN)
    check("77.2", "shop", DESIGN)
    program = "from archbook import progress; print(progress.read()[0]['77.1'].solved != '')"
    assert subprocess.run([sys.executable, "-c", program], capture_output=True, text=True).stdout == "True\n"
    table = kit.progress("77")
    assert table.title == "1 of 6 solved"
    assert [row[2] for row in table.rows] == ["solved", "tried", "open", "open", "open", "open"]
    assert sorted(path.name for path in archbook_home.iterdir()) == ["progress.json", "progress.lock"]


def test_a_solved_exercise_stays_solved() -> None:
    check("77.1", 6, DESIGN)
    check("77.1", 1, DESIGN)
    assert store.read()[0]["77.1"] == store.Entry(wrong=1, solved=store.read()[0]["77.1"].solved)
    assert store.read()[0]["77.1"].solved


def test_progress_of_one_notebook_or_of_all_can_be_reset() -> None:
    for id, answer in (("77.1", 6), ("77.2", "bank"), ("78.1", "5%")):
        check(id, answer, DESIGN)
    assert kit.reset("77_some_notebook").text == "Progress of 2 exercises in notebook 77 is forgotten."
    assert list(store.read()[0]) == ["78.1"]
    assert kit.reset().text == "Progress of 1 exercise in all notebooks is forgotten."
    assert store.read()[0] == {}


CORRUPT = [b"", b"{", b"\xff\xfe", b"[]", b"null", b'{"archbook_progress": 1}',
           b'{"archbook_progress": 1, "exercises": 3}',
           b'{"archbook_progress": 1, "exercises": {"77.1": {"wrong": "many"}}}', b"[" * 100_000]  # fmt: skip


@pytest.mark.parametrize("content", CORRUPT)
def test_a_corrupt_file_is_set_aside_and_told(archbook_home: Path, content: bytes) -> None:
    archbook_home.mkdir()
    (archbook_home / "progress.json").write_bytes(content)
    reply = check("77.1", 6, DESIGN)
    assert reply.state == "right"
    assert "was set aside as" in reply.note
    (aside,) = archbook_home.glob("progress-unreadable-*.json")
    assert aside.read_bytes() == content
    assert check("77.2", "bank", DESIGN).note == ""
    assert sorted(store.read()[0]) == ["77.1", "77.2"]


def test_progress_of_a_newer_archbook_is_left_alone(archbook_home: Path) -> None:
    archbook_home.mkdir()
    text = json.dumps({"archbook_progress": 2, "exercises": []})
    (archbook_home / "progress.json").write_text(text, encoding="utf-8")
    reply = check("77.1", 6, DESIGN)
    assert reply.state == "right"
    assert "newer Archbook" in reply.note
    assert (archbook_home / "progress.json").read_text(encoding="utf-8") == text


def test_a_home_that_cannot_be_written_still_gets_an_answer(archbook_home: Path) -> None:
    archbook_home.write_text("a file where the folder should be", encoding="utf-8")
    assert check("77.1", 6, DESIGN).state == "right"
    reply = check("77.1", 1, DESIGN)
    assert (reply.state, reply.hint) == ("wrong", HINTS[0])
    assert "was not kept" in reply.note
    assert "cannot be made" in kit.reset().text
    assert solution("77.1").state in ("told", "not yet")


def test_two_kernels_at_once_lose_nothing_of_each_other() -> None:
    program = "import sys\nfrom archbook.progress import note_try\nfor i in range(20):\n"
    program += "    _, note = note_try(f'{sys.argv[1]}.{i}', right=True)\n    assert not note, note\n"
    program += "    note_try('77.1', right=False)\n"
    started = [subprocess.Popen([sys.executable, "-c", program, kernel]) for kernel in ("60", "61", "62")]
    assert [process.wait() for process in started] == [0, 0, 0]
    entries, note = store.read()
    assert note == ""
    assert len(entries) == 61
    assert entries["77.1"].wrong == 60


def test_a_kernel_that_died_while_it_held_the_lock_blocks_nobody() -> None:
    program = "import os\nfrom archbook import progress as p\np.home().mkdir(parents=True, exist_ok=True)\n"
    program += "with p._locked(p.home() / 'progress.lock'):\n    os._exit(9)\n"
    assert subprocess.run([sys.executable, "-c", program]).returncode == 9
    assert check("77.1", 6, DESIGN).note == ""


def test_a_power_cut_while_saving_loses_no_older_entry(monkeypatch: pytest.MonkeyPatch) -> None:
    check("77.1", 6, DESIGN)

    def cut(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("os.replace", cut)
        with pytest.raises(KeyboardInterrupt):
            check("77.2", "bank", DESIGN)
    assert list(store.read()[0]) == ["77.1"]


def test_progress_is_kept_where_the_system_keeps_a_users_data(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("ARCHBOOK_HOME")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    if sys.platform == "linux":
        assert store.home() == tmp_path / "archbook"
    monkeypatch.setenv("ARCHBOOK_HOME", "~/elsewhere")
    assert store.home() == Path.home() / "elsewhere"
