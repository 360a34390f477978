"""What all tests share: no network, nobody's progress touched, copies of the designs, the corpus."""

from __future__ import annotations

import importlib.util
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).resolve().parent.parent
OFFLINE = ROOT / "tests" / "offline"
CORPUS = Path(os.environ.get("ARCHBOOK_CORPUS") or ROOT.parent / "shared" / "corpus")

settings.register_profile("dev", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("ci", parent=settings.get_profile("dev"), derandomize=True, print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE") or ("ci" if os.environ.get("CI") else "dev"))


def pytest_configure() -> None:
    """Guard this process and all that it starts; keep Jupyter and IPython out of the user's own folders."""
    scratch = Path(tempfile.mkdtemp(prefix="archbook-tests-"))
    os.environ["ARCHBOOK_TESTS_SCRATCH"] = str(scratch)
    os.environ["ARCHBOOK_OFFLINE_LOG"] = str(scratch / "offline.log")
    for name in ("IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "ARCHBOOK_HOME"):
        os.environ[name] = str(scratch / name.lower())
    # Only ours: a search path of the user's could hold another archbook.
    os.environ["PYTHONPATH"] = str(OFFLINE)
    spec = importlib.util.spec_from_file_location("archbook_offline", OFFLINE / "sitecustomize.py")
    assert spec
    assert spec.loader
    spec.loader.exec_module(importlib.util.module_from_spec(spec))


def pytest_unconfigure() -> None:
    shutil.rmtree(os.environ["ARCHBOOK_TESTS_SCRATCH"], ignore_errors=True)


def reached_out() -> list[str]:
    """What the guard has refused since it was last asked, in this process and all that it started."""
    log = Path(os.environ["ARCHBOOK_OFFLINE_LOG"])
    if not log.exists():
        return []
    lines = log.read_text(encoding="utf-8").splitlines()
    log.unlink()
    return lines


@pytest.fixture(autouse=True)
def no_network() -> Iterator[Callable[[], list[str]]]:
    """Fails a test that reached beyond loopback, even where a library swallowed the refusal."""
    reached_out()
    yield reached_out
    refused = reached_out()
    assert not refused, f"the test reached beyond this machine: {'; '.join(refused)}"


_homes = count()


@pytest.fixture(autouse=True)
def archbook_home(monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home for progress of this test alone; the folder is not made."""
    home = Path(os.environ["ARCHBOOK_TESTS_SCRATCH"]) / f"home{next(_homes)}"
    monkeypatch.setenv("ARCHBOOK_HOME", str(home))
    return home


@pytest.fixture
def design_folder(tmp_path: Path) -> Callable[[str], Path]:
    """`design_folder("ecommerce")`: a copy of one of the shipped designs that a test may change."""

    def copy(name: str) -> Path:
        source = ROOT / "data" / "designs" / name
        folder = tmp_path / name
        shutil.copytree(source, folder, dirs_exist_ok=True)
        return folder

    return copy


@pytest.fixture
def corpus() -> Callable[[str], Path]:
    """`corpus("ddl/pagila-schema.sql")`: a real artefact; the test is skipped, visibly, where the corpus is not."""

    def find(name: str) -> Path:
        path = CORPUS / name
        if not path.exists():
            pytest.skip(f"no {name} in the corpus ({os.path.relpath(CORPUS, ROOT)}); set ARCHBOOK_CORPUS to its folder")
        return path

    return find
