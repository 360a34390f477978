"""The front door: its names are pinned, it opens quickly, and what it hands out is the real thing."""

from __future__ import annotations

import inspect
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import archbook as ab

NAMES = [
    "ArchbookError", "Design", "DesignError", "Estimate", "Evidence", "__version__", "answer", "chapter", "chart",
    "check", "checklist", "coupling", "curve", "decide", "diff", "diff_api", "draw", "estimate", "exercises",
    "experiment", "experiments", "export", "headroom", "keep", "lint_api", "lint_schema", "load", "load_evidence",
    "load_test", "measure_cache", "merged", "new", "open_design", "openapi", "panels", "replay", "review", "save",
    "serve", "simulate", "split", "sweep", "views",
]  # fmt: skip
HEAVY = ["altair", "click", "duckdb", "ipywidgets", "numba", "numpy", "pydantic", "sqlalchemy", "vl_convert", "yaml"]


def python(code: str) -> str:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()


def test_the_exported_members_are_these() -> None:
    assert ab.__all__ == sorted(ab.__all__)
    assert sorted(ab.__all__) == sorted(NAMES)
    assert len(ab.__all__) <= 45


@pytest.mark.parametrize("name", NAMES)
def test_every_name_leads_somewhere_and_is_documented(name: str) -> None:
    thing = getattr(ab, name)
    assert name in dir(ab)
    assert isinstance(thing, str) or inspect.getdoc(thing)


def test_a_name_that_is_not_there_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'reviw'"):
        ab.reviw  # noqa: B018


def test_the_import_brings_nothing_heavy_with_it() -> None:
    loaded = python("import archbook, sys; print(*sys.modules)").split()
    assert [name for name in HEAVY if name in loaded] == []


@pytest.mark.parametrize(
    "code", ["import archbook.diagrams.grammar", "from archbook.commands import lab; lab.lab_app()"]
)
def test_charts_and_jupyterlab_open_without_grammars_that_they_never_use(code: str) -> None:
    loaded = python(f"{code}\nimport sys; print(*sys.modules)").split()
    assert "jsonschema" in loaded
    assert [name for name in ("rfc3987_syntax", "lark") if name in loaded] == []


@pytest.mark.parametrize("before", ["", "from archbook.review import rules; ", "import archbook.export; "])
def test_a_room_whose_name_is_a_verb_is_both(before: str) -> None:
    code = (
        "import archbook as ab; code = ab.review(ab.load('minimal')).exit_code; print(code, len(ab.review.rules()) > 9)"
    )
    assert python(before + code) == "0 True"


def test_the_verbs_work_on_a_shipped_design(design_folder: Callable[[str], Path]) -> None:
    design = ab.load(design_folder("ecommerce"))
    assert ab.check(design.folder) == ()
    assert ab.answer(ab.estimate(design, growth=10))
    growths = [estimate.growth for estimate in ab.curve(design)]
    assert (growths[0], growths[-1]) == (1.0, pytest.approx(design.traffic.growth))
    assert ab.review(design).exit_code == 0
    assert "<svg" in ab.draw(design, "containers").svg
    assert "<svg" in ab.chart(design).svg
    assert "index_or_scan" in ab.experiments()


def test_a_curve_needs_its_design_to_be_drawn() -> None:
    with pytest.raises(ab.ArchbookError, match="with its design"):
        ab.chart([])


@pytest.mark.parametrize("growths", [[0.5, 1.0], [2.0, 1.0], [0.1, 0.5]])
def test_a_curve_is_drawn_wherever_its_loads_lie(growths: list[float]) -> None:
    design = ab.load("minimal")
    assert "<svg" in ab.chart(ab.curve(design, growths), design).svg


def test_a_curve_of_one_load_is_refused() -> None:
    design = ab.load("minimal")
    with pytest.raises(ab.ArchbookError, match="at two loads at least"):
        ab.chart(ab.curve(design, [1.0, 1.0]), design)


@pytest.mark.parametrize("subject", [3, "ecommerce", {}, [1, 2]])
def test_what_has_no_chart_and_what_is_no_evidence_is_refused(subject: object, design_folder) -> None:
    design = ab.load(design_folder("minimal"))
    with pytest.raises(ab.ArchbookError, match=r"a \w+ has no chart; give a design"):
        ab.chart(subject, design)
    with pytest.raises(ab.ArchbookError, match="is no evidence; give an Evidence"):
        ab.keep(design, subject or 3)


@pytest.mark.parametrize("wrong", ["ecommerce", None, 3])
@pytest.mark.parametrize(
    "verb",
    [ab.review, ab.checklist, ab.curve, ab.headroom, ab.estimate, ab.load_evidence, ab.serve, ab.load_test, ab.save,
     ab.keep, ab.draw, ab.openapi],
)  # fmt: skip
def test_what_is_no_design_is_refused_with_how_to_load_one(verb: Callable[..., object], wrong: object) -> None:
    more = {"save": [{}], "keep": [[]], "draw": ["containers"]}.get(getattr(verb, "__name__", ""), [])
    with pytest.raises(ab.ArchbookError, match="is no design; load it first"):
        verb(wrong, *more)


@pytest.mark.parametrize("wrong", [3, 1.5, [1], {"a": 1}])
@pytest.mark.parametrize("verb", [ab.load, ab.check, ab.lint_schema, ab.lint_api, lambda it: ab.diff_api(it, it)])
def test_what_is_neither_a_text_nor_a_file_is_refused(verb: Callable[..., object], wrong: object) -> None:
    with pytest.raises(ab.ArchbookError, match=r"give its (text|path)"):
        verb(wrong)


def test_evidence_is_kept_in_the_designs_folder_and_found_again(design_folder: Callable[[str], Path]) -> None:
    from archbook.evidence import found

    design = ab.load(design_folder("minimal"))
    entry = found(design, id="a", claim="It holds", value=2.0, unit="×", how="formula", about="design")
    before = ab.load_evidence(design)
    assert str(ab.keep(design, entry)).startswith("Kept in evidence.json of minimal: a.")
    assert ab.load_evidence(design) == (*before, entry)


@pytest.mark.parametrize("content", ["[1, null]", '{"archbook_evidence": 1, "evidence": [{"x": 1}]}', "7"])
def test_evidence_that_was_changed_by_hand_is_told_in_a_sentence(
    design_folder: Callable[[str], Path], content: str
) -> None:
    folder = design_folder("minimal")
    (folder / "evidence.json").write_text(content, encoding="utf-8")
    with pytest.raises(ab.DesignError, match="was changed by hand; mend it, or move it away and measure again"):
        ab.load_evidence(ab.load(folder))


def test_evidence_of_a_design_made_in_code_has_nowhere_to_go() -> None:
    from tests.examples import example

    design = example("")
    assert ab.load_evidence(design) == ()
    with pytest.raises(ab.ArchbookError, match="has no folder"):
        ab.keep(design, [])


def test_check_gives_every_problem_and_raises_for_none(tmp_path: Path) -> None:
    (tmp_path / "design.yaml").write_text("archbook: 1\nname: x\nservces: {}\n", encoding="utf-8")
    problems = ab.check(tmp_path)
    assert any("servces" in str(problem) for problem in problems)


def test_a_new_design_is_valid_and_is_not_overwritten(tmp_path: Path) -> None:
    folder = tmp_path / "shop"
    ab.new(folder)
    assert ab.check(folder) == ()
    assert ab.load(folder).name == "shop"
    with pytest.raises(ab.ArchbookError):
        ab.new(folder)


def test_the_open_design_is_the_one_that_the_workbook_is_on(
    monkeypatch: pytest.MonkeyPatch, design_folder: Callable[[str], Path]
) -> None:
    monkeypatch.delenv("ARCHBOOK_DESIGN", raising=False)
    assert ab.open_design().name == "ecommerce"
    monkeypatch.setenv("ARCHBOOK_DESIGN", str(design_folder("minimal")))
    assert ab.open_design().name == "minimal"
