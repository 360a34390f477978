"""What users paste to have the review before each commit and in CI: the hooks, and every command line of docs/ci.md."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import click
import pytest
import yaml

from archbook.cli import archbook

ROOT = Path(__file__).resolve().parent.parent
HOOKS: list[dict[str, Any]] = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
PAGE = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
LINES = sorted(set(re.findall(r"(?:^|run: )archbook (.*?)(?: #.*| > \S+)?$", PAGE, re.MULTILINE)))


def parsed(line: str) -> click.Context:
    """A command line, taken apart but not run. Raises UsageError."""
    name, *arguments = shlex.split(line)
    return archbook.commands[name].make_context(name, arguments)


@pytest.mark.parametrize("line", LINES)
def test_every_command_line_of_the_page_is_one(line: str) -> None:
    assert parsed(line).params["design"] == "designs/shop"


def test_an_option_that_is_not_there_would_be_seen() -> None:
    assert len(LINES) >= 5
    with pytest.raises(click.UsageError):
        parsed("review designs/shop --base known.json --formt junit")


def test_the_hooks_of_the_page_are_those_that_there_are_and_run_commands_that_there_are() -> None:
    (pasted,) = (block for block in BLOCKS if "hooks:" in block)
    told = {hook["id"]: hook["args"] for hook in yaml.safe_load(pasted)["repos"][0]["hooks"]}
    assert set(told) == {hook["id"] for hook in HOOKS}
    for hook in HOOKS:
        assert (
            parsed(shlex.join([*shlex.split(hook["entry"])[1:], *told[hook["id"]]])).params["design"] == "designs/shop"
        )
        assert not hook["pass_filenames"]


FILES = {"design.yaml": 2, "designs/shop/design.yaml": 2, "designs/shop/schema/orders.sql": 2, "shop/evidence.json": 1,
         "decisions/0001-events.md": 2, "src/design.yaml.py": 0, "README.md": 0}  # fmt: skip


@pytest.mark.parametrize(("path", "hooks"), FILES.items())
def test_a_hook_runs_where_a_part_of_a_design_has_changed(path: str, hooks: int) -> None:
    assert sum(bool(re.search(hook["files"], path)) for hook in HOOKS) == hooks


def test_the_workflow_of_the_page_is_yaml_and_uploads_what_it_writes() -> None:
    (workflow,) = (yaml.safe_load(block) for block in BLOCKS if "runs-on" in block)
    steps = workflow["jobs"]["review"]["steps"]
    written = next(step["run"] for step in steps if "sarif" in step.get("run", "")).rpartition("> ")[2]
    assert next(step["with"] for step in steps if "upload-sarif" in step.get("uses", ""))["sarif_file"] == written
    assert workflow["permissions"]["security-events"] == "write"
