"""Mermaid text of every view of the smallest design, as it was read and accepted.

Regenerate with ``UPDATE_GOLDEN=1 pytest tests/test_diagrams_golden.py``, and read the difference before committing it.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from archbook.design.loading import load
from archbook.diagrams import draw, views

ROOT = Path(__file__).parent.parent
GOLDEN = Path(__file__).parent / "golden"
MINIMAL = ROOT / "data" / "designs" / "minimal"
TEXTUAL = [("containers", None), ("events", None), ("er", "users-db"), ("sequence", "order")]


@pytest.mark.parametrize(("view", "of"), TEXTUAL, ids=[view for view, _ in TEXTUAL])
def test_mermaid_text_is_the_one_that_was_read_and_accepted(view: str, of: str | None) -> None:
    text = draw(load(MINIMAL), view, of).mermaid
    assert text is not None
    path = GOLDEN / f"{view}.mmd"
    if os.environ.get("UPDATE_GOLDEN"):
        path.write_text(text, encoding="utf-8", newline="\n")
    assert text == path.read_text(encoding="utf-8"), (
        "UPDATE_GOLDEN=1 pytest tests/test_diagrams_golden.py, then read it"
    )


def test_every_view_with_mermaid_text_has_a_golden_file() -> None:
    assert {view for view, _ in TEXTUAL} | {"icons"} == set(views())


def test_the_same_design_gives_the_same_bytes_in_every_process() -> None:
    code = (
        "import hashlib, sys; from archbook.design.loading import load; from archbook.diagrams import draw, views\n"
        "design = load(sys.argv[1])\n"
        "for view in views():\n"
        "    picture = draw(design, view)\n"
        "    whole = picture.svg + str(picture.mermaid) + str(picture.dot)\n"
        "    print(view, hashlib.sha256(whole.encode()).hexdigest())\n"
    )
    ecommerce = str(MINIMAL.parent / "ecommerce")
    seen = {
        subprocess.run(
            [sys.executable, "-c", code, ecommerce], env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True, text=True, check=True,
        ).stdout
        for seed in ("1", "2")
    }  # fmt: skip
    assert len(seen) == 1
