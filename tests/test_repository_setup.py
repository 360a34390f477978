"""One list of Python packages: pyproject.toml; the lock, environment.yml and the rest of the set-up agree with it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
REQUIRED = [*PROJECT["dependencies"], *(line for extra in PROJECT["optional-dependencies"].values() for line in extra)]
LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")
ENTRY = re.compile(r"^([a-z0-9][a-z0-9.-]*)(?:\[[^]]*\])?==([^\s;\\]+)\s*(?:;\s*([^\\]+?))?\s*\\$", re.MULTILINE)
LOCKED = [(name, Version(version), marker) for name, version, marker in ENTRY.findall(LOCK)]
ENVIRONMENT = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))


def tracked() -> list[Path]:
    """The files that a commit of this folder would hold; everything but .git where git is not at hand."""
    try:
        command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        names = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT).stdout.split("\0")
    except (OSError, subprocess.CalledProcessError):
        ignored = {".git", ".venv", "build", "dist", "__pycache__", ".mypy_cache", ".ruff_cache", ".hypothesis"}
        return [p for p in ROOT.rglob("*") if p.is_file() and not ignored & set(p.relative_to(ROOT).parts)]
    return [ROOT / name for name in names if name and (ROOT / name).is_file()]


def test_the_lock_is_read_whole() -> None:
    starts = [line for line in LOCK.splitlines() if re.match(r"\w", line)]
    assert len(starts) == len(LOCKED) > 100


@pytest.mark.parametrize("line", REQUIRED)
def test_the_lock_satisfies_each_dependency_on_every_system(line: str) -> None:
    requirement = Requirement(line)
    versions = [v for name, v, _ in LOCKED if name == canonicalize_name(requirement.name)]
    assert versions, f"{requirement.name} is not in requirements.lock; run make lock"
    for version in versions:
        assert requirement.specifier.contains(version, prereleases=True), f"{version}: run make lock"


SYSTEMS = [
    ("linux", "Linux", "posix", "x86_64"),
    ("darwin", "Darwin", "posix", "arm64"),
    ("win32", "Windows", "nt", "AMD64"),
]
PLACES = [
    {"sys_platform": platform, "platform_system": system, "os_name": name, "platform_machine": machine,
     "python_version": python, "python_full_version": f"{python}.1", "implementation_name": "cpython",
     "platform_python_implementation": "CPython"}
    for platform, system, name, machine in SYSTEMS
    for python in ("3.11", "3.12", "3.13")
]  # fmt: skip


@pytest.mark.parametrize("place", PLACES, ids=lambda p: f"{p['platform_system']}-{p['python_version']}")
def test_each_system_and_python_gets_exactly_one_version_of_each_direct_dependency(place: dict[str, str]) -> None:
    here = [name for name, _, marker in LOCKED if not marker or Marker(marker).evaluate(place)]
    assert len(here) == len(set(here))
    for requirement in map(Requirement, REQUIRED):
        wanted = not requirement.marker or requirement.marker.evaluate(place)
        assert (canonicalize_name(requirement.name) in here) == wanted


def test_every_entry_of_the_lock_carries_hashes() -> None:
    entries = re.split(r"^(?=\w)", LOCK, flags=re.MULTILINE)[1:]
    assert [entry.split()[0] for entry in entries if "--hash=sha256:" not in entry] == []


def test_environment_yml_has_no_list_of_python_packages_of_its_own() -> None:
    plain = [re.split(r"[ <>=!]", line)[0] for line in ENVIRONMENT["dependencies"] if isinstance(line, str)]
    pip = [line for line in ENVIRONMENT["dependencies"] if not isinstance(line, str)]
    assert sorted(plain) == ["graphviz", "pip", "python"]
    assert pip == [{"pip": ["-r requirements.lock"]}]
    assert ENVIRONMENT["channels"] == ["conda-forge", "nodefaults"]


def test_environment_yml_asks_for_one_minor_python_that_the_project_allows() -> None:
    """repo2docker chooses its base image by `python=3.N`, and by nothing else."""
    (line,) = [d for d in ENVIRONMENT["dependencies"] if isinstance(d, str) and d.startswith("python")]
    name, version = line.split("=")
    assert (name, version in ("3.11", "3.12", "3.13")) == ("python", True)
    assert SpecifierSet(PROJECT["requires-python"]).contains(version)


def test_binder_installs_archbook_itself_after_the_lock_and_compiles_the_simulator() -> None:
    lines = (ROOT / "postBuild").read_text(encoding="utf-8").splitlines()
    assert lines[-2:] == ["python -m pip install --no-deps --no-build-isolation --editable .",
                          "python -m archbook.simulate.warming"]  # fmt: skip
    assert os.access(ROOT / "postBuild", os.X_OK)


def test_pip_takes_the_requirements_of_environment_yml_as_conda_hands_them_over() -> None:
    """conda and mamba write the pip section into a file beside environment.yml and give it to pip."""
    (pip,) = [line["pip"] for line in ENVIRONMENT["dependencies"] if not isinstance(line, str)]
    handed = ROOT / "build" / "condaenv.requirements.txt"
    handed.parent.mkdir(exist_ok=True)
    handed.write_text("\n".join(pip).replace("-r ", "-r ../") + "\n", encoding="utf-8")
    command = [sys.executable, "-m", "pip", "install", "--dry-run", "--no-index", "--no-deps", "-q", "-r", str(handed)]
    result = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    assert result.returncode == 0, result.stderr


ADDRESSES = re.compile(
    r"--(?:extra-)?index-url|--find-links|--trusted-host|\bUV_INDEX|\bPIP_INDEX|files\.pythonhosted|pypi\.org/simple"
    r"|deb\.debian|archive\.ubuntu|npmjs\.org|conda\.anaconda\.org|/simple/"
)


def test_no_tracked_file_names_an_index_or_an_option_for_one() -> None:
    found = []
    for path in tracked():
        if path == Path(__file__).resolve() or path.suffix in (".png", ".ico"):
            continue
        text = path.read_text(encoding="utf-8", errors="replace")
        found += [f"{path.relative_to(ROOT)}: {match[0]}" for match in ADDRESSES.finditer(text)]
    assert found == []
    assert "://" not in LOCK


def test_no_tracked_file_names_a_path_of_this_machine() -> None:
    mine = [f"{ROOT.parent}/", f"{Path.home()}/"]
    mine = [path for path in mine if path.count("/") > 1 and path != "/root/"]
    found = [
        f"{path.relative_to(ROOT)}: {word}"
        for path in tracked()
        for word in mine
        if path.suffix != ".png" and word in path.read_text(encoding="utf-8", errors="replace")
    ]
    assert found == []


def makefile_targets() -> dict[str, str]:
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    return dict(re.findall(r"^([a-z]+):([^#\n]*)##", text, flags=re.MULTILINE))


def test_each_target_sets_itself_up() -> None:
    targets = makefile_targets()
    assert {"setup", "lab", "test", "check", "bench", "browser", "doc", "lock", "clean", "help"} <= set(targets)
    assert [name for name, needs in targets.items() if "$(READY)" not in needs] == ["help", "clean"]


def test_make_help_lists_each_target() -> None:
    shown = subprocess.run(["make", "--no-print-directory"], capture_output=True, text=True, cwd=ROOT).stdout
    assert [line.split()[1] for line in shown.splitlines()] == list(makefile_targets())


OLD = '#!/bin/sh\ncase "$*" in *version_info*) exit 1;; *--version*) echo Python 3.9.2;; esac\n'
BARE = '#!/bin/sh\ncase "$*" in *ensurepip*) exit 1;; *python%d*) echo python3.12;; esac\n'


@pytest.mark.parametrize(
    ("python", "said"),
    [
        (OLD, "needs Python 3.11 or newer; found Python 3.9.2"),
        (BARE, "apt-get install python3.12-venv"),
        (None, "needs Python 3.11 or newer; found none"),
    ],
)
@pytest.mark.skipif(sys.platform == "win32", reason="setup.sh is for sh")
def test_set_up_says_plainly_which_python_is_missing(tmp_path: Path, python: str | None, said: str) -> None:
    dirname = shutil.which("dirname")
    assert dirname
    (tmp_path / "dirname").symlink_to(dirname)
    if python:
        (tmp_path / "python3").write_text(python, encoding="utf-8")
        (tmp_path / "python3").chmod(0o755)
    command = ["/bin/sh", str(ROOT / "tools" / "setup.sh")]
    result = subprocess.run(command, capture_output=True, text=True, env={"PATH": str(tmp_path)})
    assert result.returncode == 1
    assert said in result.stderr
    assert "Traceback" not in result.stderr
