"""Completeness: what is public is documented, what is shipped is mentioned, and what is mentioned is there."""

from __future__ import annotations

import inspect
import json
import re
import subprocess
import sys
from pathlib import Path

import click
import pytest

import archbook
from archbook.cli import archbook as command_line
from tools import reference

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")] + sorted(
    (ROOT / "docs").glob("*.md")
)
TOP = {
    "notebooks", "src", "data", "tests", "docs", "tools", "bench", ".ci", "environment.yml", "postBuild",
    "pyproject.toml", "requirements.lock", "Makefile", "README.md", "CONTRIBUTING.md", "CHANGELOG.md", "LICENSE",
    ".gitignore", ".pre-commit-hooks.yaml",
}  # fmt: skip


@pytest.mark.parametrize("name", archbook.__all__)
def test_every_public_name_says_what_it_is(name: str) -> None:
    assert reference.described(getattr(archbook, name))


def test_the_front_door_has_at_most_about_forty_names_in_order() -> None:
    assert archbook.__all__ == sorted(archbook.__all__)
    assert len(archbook.__all__) <= 45


@pytest.mark.parametrize("path", reference.pages(), ids=lambda path: path.name)
def test_the_pages_written_from_the_code_are_current(path: Path) -> None:
    assert path.read_text(encoding="utf-8") == reference.pages()[path], "run make reference"


def test_a_name_without_a_docstring_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def bare() -> None: ...

    assert not reference.described(bare)
    monkeypatch.setattr(archbook, "bare", bare, raising=False)
    monkeypatch.setattr(archbook, "__all__", ["bare"])
    with pytest.raises(SystemExit, match="without a docstring: bare"):
        reference.page()


@pytest.mark.parametrize("name", sorted(command_line.commands))
def test_every_command_is_in_the_readme_and_explains_its_options(name: str) -> None:
    assert f"`archbook {name}" in README
    command = command_line.commands[name]
    assert command.help
    assert [o.name for o in command.params if isinstance(o, click.Option) and not o.help] == []


def test_the_readme_names_no_command_that_is_not_there() -> None:
    assert set(re.findall(r"`archbook ([a-z-]+)", README)) <= set(command_line.commands)


@pytest.mark.parametrize(
    "name", sorted({path.relative_to(ROOT).parts[2] for path in (ROOT / "data" / "designs").iterdir()})
)
def test_every_shipped_design_is_in_the_readme(name: str) -> None:
    assert f"`{name}`" in README


def test_every_file_beside_the_designs_is_mentioned() -> None:
    files = [path for path in (ROOT / "data").rglob("*") if path.is_file() and "designs" not in path.parts]
    text = "".join(page.read_text(encoding="utf-8") for page in PAGES)
    assert [path.name for path in files if path.name not in text] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_and_path_of_a_page_leads_somewhere(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    links = [link.partition("#")[0] for link in re.findall(r"\]\(([^)\s]+)\)", text) if "://" not in link]
    assert [link for link in links if link and not (page.parent / link).exists()] == []
    paths = re.findall(r"`((?:src|tests|tools|bench|data|docs|notebooks|\.ci)/[\w./-]*)`", text)
    assert [path for path in paths if not (ROOT / path).exists()] == []


def test_every_target_that_a_page_names_is_in_the_makefile() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), flags=re.MULTILINE))
    named = {word for page in PAGES for word in re.findall(r"`make ([a-z]+)", page.read_text(encoding="utf-8"))}
    assert named
    assert named <= targets


def test_the_python_example_of_the_readme_runs(tmp_path: Path) -> None:
    (example,) = re.findall(r"```python\n(.*?)```", README, flags=re.DOTALL)
    assert len(example.strip().splitlines()) <= 12
    result = subprocess.run([sys.executable, "-c", example], capture_output=True, text=True, cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    assert result.stdout


def test_the_top_level_holds_what_it_should_and_nothing_else() -> None:
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    names = subprocess.run(command, capture_output=True, text=True, cwd=ROOT).stdout.split("\0")
    if names == [""]:
        pytest.skip("not a git checkout: the list of its files is not at hand")
    assert {name.split("/")[0] for name in names if name} - TOP == set()


def test_the_exercises_of_the_kit_are_documented() -> None:
    from archbook import exercises

    for name in ("check", "solution", "progress", "reset"):
        assert inspect.getdoc(getattr(exercises, name))
        assert f"`{name}" in (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")


def test_the_json_files_of_the_package_are_valid() -> None:
    for path in (ROOT / "src").rglob("*.json"):
        json.loads(path.read_text(encoding="utf-8"))
