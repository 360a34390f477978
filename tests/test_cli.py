"""The command line: what it prints, how it ends, and that nobody sees a traceback."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from archbook import cli, commands
from archbook.cli import archbook, main
from archbook.commands.lab import lab_arguments

ROOT = Path(__file__).resolve().parent.parent
COMMANDS = ["check", "checklist", "ddl", "diff", "diff-api", "draw", "estimate", "experiment", "export", "fix",
            "headroom", "lab", "lint-api", "lint-schema", "load", "new", "openapi", "review", "schema", "serve",
            "simulate", "sweep", "waive"]  # fmt: skip

Copy = Callable[[str], Path]


def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    code = main([str(argument) for argument in arguments])
    said = capsys.readouterr()
    return code, said.out, said.err


def test_every_command_is_there_and_documented() -> None:
    assert sorted(archbook.commands) == COMMANDS
    page = (ROOT / "docs" / "reference.md").read_text(encoding="utf-8")
    assert [name for name in COMMANDS if f"`archbook {name}" not in page] == []


@pytest.mark.parametrize("command", ["check", "ddl", "lint-api", "lint-schema", "review", "openapi"])
@pytest.mark.parametrize("subject", ["x" * 5000, "x" * 5000 + "#y", "x" * 5000 + ".sql", "x" * 5000 + ".yaml"])
def test_a_name_that_no_disk_holds_is_wrong_input(
    command: str, subject: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, _, err = run(capsys, command, subject)
    assert (code, "fault of ours" in err) == (2, False)


@pytest.mark.parametrize(("command", "files"), [("lint-api", 1), ("openapi", 1), ("diff-api", 2)])
def test_a_document_that_cannot_be_read_is_wrong_input(
    command: str, files: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "api.json"
    file.write_text("{}", encoding="utf-8")

    def refused(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refused)
    code, _, err = run(capsys, command, *[file] * files)
    assert code == 2
    assert f"{file}: cannot be read (Permission denied)" in err


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_of_its_own(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, name, "--help")
    assert code == 0
    assert out.startswith(f"Usage: archbook {name}")
    summary = out.split("\n\n")[1].strip()
    assert summary.endswith(".")
    assert summary in " ".join(run(capsys, "--help")[1].split())


def test_the_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, "--version")[1].startswith("archbook 0.")


WRONG = {
    ("reviw",): "Did you mean 'review'?",
    ("estimate", "--growth", "lots"): "'lots' is not a valid float",
    ("estimate", "--growth", "0"): "0.0 is not in the range",
    ("review", "ecomerce"): "no design `ecomerce`; did you mean `ecommerce`?",
    ("draw", "minimal", "containrs"): "did you mean `containers`?",
    ("draw", "minimal", "containers", "--format", "png"): "png is not text: name a file with -o",
    ("draw", "minimal", "containers", "-o", "picture.bmp"): "ends with no format that is known",
    ("export", "minimal", "-o", "out", "--format", "docs"): "docs",
    ("ddl", "ecomerce"): "no design `ecomerce`; did you mean `ecommerce`?",
    ("ddl", "ecommerce"): "5 stores of ecommerce have DDL; add --store users-db|",
    ("ddl", "ecommerce", "--store", "sessions"): "store `sessions` has no DDL",
    ("ddl", "ecommerce", "--store", "order-db"): "no store `order-db`; did you mean `orders-db`?",
    ("ddl", "ecommerce", "--store", "orders-db", "-o", "orders.txt"): "orders.txt does not say what to write; add --to",
    ("ddl", "ecommerce", "--store", "orders-db", "-o", "no/folder/orders.dbml"): "cannot be written (No such file",
    ("ddl", "shop.sql"): "there is no file `shop.sql`\n",
    ("lint-schema", "db/shop.sql"): "there is no file `db/shop.sql`\n",
    ("experiment", "shop.dump", "index_or_scan"): "there is no file `shop.dump`\n",
    ("lint-schema", "ecomerce"): "no design `ecomerce`; did you mean `ecommerce`?",
    ("lint-schema", "ecommerce", "--store", "order-db"): "no store `order-db`; did you mean `orders-db`?",
    ("lint-schema", "ecommerce", "--store", "sessions"): "store `sessions` has no DDL",
    ("diff-api", "old.json", "new.json"): "old.json: cannot be read (No such file",
    ("experiment", "minimal", "index_or_scam"): "did you mean `index_or_scan`?",
}


@pytest.mark.parametrize(("arguments", "answer"), WRONG.items(), ids=lambda value: " ".join(value))
def test_wrong_input_gets_a_sentence_and_exit_code_2(
    arguments: tuple[str, ...], answer: str, capsys: pytest.CaptureFixture[str], tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    code, out, err = run(capsys, *arguments)
    assert code == 2
    assert out == ""
    assert answer in err
    assert "Traceback" not in err
    assert list(tmp_path.iterdir()) == []


def test_headroom_prints_its_answer_first_and_its_value_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "headroom", "ecommerce")
    value = json.loads(run(capsys, "headroom", "ecommerce", "--json")[1])
    assert code == 0
    assert out.startswith(f"{value['answer']}\n")
    assert value["reaches"] >= value["growth"] > value["holds_to"]
    assert "USD/month" in run(capsys, "estimate", "ecommerce")[1]


def test_check_counts_what_a_valid_design_has(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "check", "minimal")
    assert code == 0
    assert out.startswith("minimal is valid: 4 services, ")
    assert json.loads(run(capsys, "check", "minimal", "--json")[1]) == {"valid": True, "problems": [], "secrets": []}


def test_check_tells_a_secret_without_showing_it(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "check", "first_draft")
    assert (code, out.splitlines()[1:]) == (
        0, ["design.yaml:78: a secret stands here (password in a URL); take it out, and change it where it is used"]
    )  # fmt: skip
    (found,) = json.loads(run(capsys, "check", "first_draft", "--json")[1])["secrets"]
    assert found == {"file": "design.yaml", "line": 78, "kind": "password in a URL"}


def test_check_names_every_problem_and_exits_with_2(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "design.yaml").write_text("archbook: 1\nname: x\ntrafic: {}\nservices: {a: {}}\n", encoding="utf-8")
    code, out, err = run(capsys, "check", tmp_path)
    assert (code, out) == (2, "")
    assert "design.yaml:3 `trafic`" in err
    assert "did you mean `traffic`?" in err
    code, out, err = run(capsys, "check", tmp_path, "--json")
    assert (code, err) == (2, "")
    assert any(problem["line"] == 3 for problem in json.loads(out)["problems"])


def test_the_folder_one_is_in_is_the_design(
    capsys: pytest.CaptureFixture[str], design_folder: Copy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(design_folder("minimal"))
    assert run(capsys, "check")[1].startswith("minimal is valid")


def test_new_makes_a_valid_design_and_never_overwrites_one(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(capsys, "new", "shop")[0] == 0
    assert run(capsys, "check", "shop")[0] == 0
    before = (tmp_path / "shop" / "design.yaml").read_bytes()
    assert run(capsys, "new", "shop")[0] == 2
    assert (tmp_path / "shop" / "design.yaml").read_bytes() == before


def test_the_schema_is_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert "traffic" in json.loads(run(capsys, "schema")[1])["properties"]


def test_the_estimate_begins_with_its_answer(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "estimate", "ecommerce", "--growth", "10")
    assert code == 0
    assert "payment-service" in out.split("\n\n")[0]
    assert "GET /api/v1/products" in out
    everything = run(capsys, "estimate", "ecommerce", "--all")[1]
    assert "orders" in everything
    assert "holds for" in everything
    assert json.loads(run(capsys, "estimate", "minimal", "--growth", "3", "--json")[1])["growth"] == 3


def test_a_picture_is_printed_as_text_or_written_to_a_file(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert "flowchart" in run(capsys, "draw", "minimal", "containers")[1]
    assert "<svg" in run(capsys, "draw", "minimal", "containers", "--format", "svg")[1]
    for name, magic in {"a.svg": b"<svg", "a.png": b"\x89PNG", "a.pdf": b"%PDF"}.items():
        code, out, _ = run(capsys, "draw", "minimal", "containers", "-o", tmp_path / name)
        assert code == 0
        assert out.startswith(f"wrote {tmp_path / name}: ")
        assert magic in (tmp_path / name).read_bytes()[:200]


def test_the_review_of_the_poor_design_exits_with_1_and_of_the_good_one_with_0(
    capsys: pytest.CaptureFixture[str],
) -> None:
    code, out, _ = run(capsys, "review", "first_draft")
    assert code == 1
    assert out.startswith("first_draft: ")
    assert "high" in out
    assert run(capsys, "review", "ecommerce")[0] == 0


def test_the_review_speaks_markdown_and_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert "## High" in run(capsys, "review", "first_draft", "--format", "md")[1]
    assert json.loads(run(capsys, "review", "first_draft", "--format", "json")[1])["exit_code"] == 1
    assert json.loads(run(capsys, "review", "first_draft", "--json")[1])["exit_code"] == 1


def test_the_export_says_what_it_wrote(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    code, out, _ = run(capsys, "export", "minimal", "-o", tmp_path / "doc", "--format", "md")
    assert code == 0
    assert out.startswith(f"Wrote {tmp_path / 'doc' / 'minimal.md'} and ")
    assert (tmp_path / "doc" / "minimal.md").is_file()


def test_an_experiment_leaves_evidence_in_the_design_folder(
    capsys: pytest.CaptureFixture[str], design_folder: Copy
) -> None:
    folder = design_folder("ecommerce")
    (folder / "evidence.json").unlink(missing_ok=True)
    arguments = ["experiment", folder, "index_or_scan", "--rows", 2000, "--store", "orders-db"]
    code, out, _ = run(capsys, *arguments, "--no-keep")
    assert code == 0
    assert "Nothing was kept." in out
    assert not (folder / "evidence.json").exists()
    code, out, _ = run(capsys, *arguments)
    assert code == 0
    assert "Kept in evidence.json of ecommerce: " in out
    assert json.loads((folder / "evidence.json").read_text(encoding="utf-8"))["evidence"]
    assert json.loads(run(capsys, *arguments, "--json", "--no-keep")[1])


def test_experiments_are_listed_with_the_tables_that_they_would_run_on(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    code, out, _ = run(capsys, "experiment", "ecommerce", "--store", "orders-db")
    assert code == 0
    assert re.search(r"^index_or_scan .* orders-db: \w+$", out, re.MULTILINE)
    path = tmp_path / "flags.sql"
    path.write_text("CREATE TABLE flags (ok boolean)")
    listed = json.loads(run(capsys, "experiment", path, "--json")[1])
    assert "not here: no table here" in {row["experiment"]: row["runs on"] for row in listed}["index_or_scan"]


def test_an_experiment_runs_on_a_ddl_file(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "shop.sql"
    path.write_text("CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE b (id int PRIMARY KEY, a int REFERENCES a)")
    code, out, _ = run(capsys, "experiment", path, "index_or_scan", "--rows", 2000, "--engine", "duckdb")
    assert code == 0
    assert "On DuckDB with 2\u202f000 rows in b" in out
    assert "Nothing was kept." in out


def raising(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    def fail(*_: Any) -> None:
        raise error

    monkeypatch.setattr("archbook.verbs.load", fail)


def test_being_stopped_is_told_and_exits_with_130(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    raising(monkeypatch, KeyboardInterrupt())
    code, _, err = run(capsys, "review", "minimal")
    assert (code, err.strip()) == (130, "stopped; nothing was left running")


def test_a_fault_of_ours_is_one_sentence_and_a_traceback_on_request(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    raising(monkeypatch, ZeroDivisionError("division by zero"))
    code, _, err = run(capsys, "review", "minimal")
    assert code == 3
    assert "a fault of ours (ZeroDivisionError: division by zero)" in err
    assert "`archbook --debug review minimal`" in err
    assert "Traceback" not in err
    assert "Traceback" in run(capsys, "--debug", "review", "minimal")[2]


def shell(*arguments: str, **options: Any) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([sys.executable, "-m", "archbook", *arguments], capture_output=True, **options)


def test_a_real_process_speaks_utf_8_on_any_console_and_takes_no_colour_into_a_pipe() -> None:
    done = shell("review", "first_draft", env={**os.environ, "PYTHONIOENCODING": "cp1252", "LC_ALL": "C"})
    assert done.returncode == 1
    assert "→" in done.stdout.decode("utf-8")
    assert b"\x1b[" not in done.stdout


@pytest.mark.skipif(sys.platform == "win32", reason="pipes of Windows end otherwise")
def test_a_reader_that_goes_away_is_no_error() -> None:
    command = f"{shlex.quote(sys.executable)} -m archbook review first_draft --all --json | head -c 10"
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True)
    assert (len(done.stdout), done.stderr) == (10, "")


def test_colours_are_for_terminals_that_did_not_refuse_them(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    monkeypatch.setattr(commands.click, "echo", said.append)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    monkeypatch.delenv("NO_COLOR", raising=False)
    commands.tell("high   x\nhigher")
    monkeypatch.setenv("NO_COLOR", "1")
    commands.tell("high   x")
    assert said == ["\x1b[31m\x1b[1mhigh\x1b[0m   x\nhigher", "high   x"]


def test_help_loads_nothing_that_only_a_command_needs() -> None:
    code = (
        "import sys, archbook.cli\n"
        "try: archbook.cli.main(['--help'])\n"
        "except SystemExit: pass\n"
        "heavy = ('pydantic', 'numpy', 'duckdb', 'sqlalchemy', 'altair', 'ipywidgets', 'numba', 'fastapi')\n"
        "sys.exit(', '.join(name for name in heavy if name in sys.modules) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_jupyterlab_understands_our_options_and_fetches_nothing(tmp_path: Path) -> None:
    from jupyterlab.handlers.announcements import NeverCheckForUpdate
    from jupyterlab.labapp import LabApp

    arguments = lab_arguments(tmp_path, 8899, no_browser=True)
    assert all("=" in argument or argument in ("--no-browser", "--allow-root") for argument in arguments)
    lab = LabApp()
    lab.parse_command_line(arguments)
    assert lab.news_url is None
    assert lab.check_for_updates_class is NeverCheckForUpdate
    assert lab.extension_manager == "readonly"
    assert lab.default_url == "/lab/tree/notebooks/00_start_here.ipynb"
    server = lab.config.ServerApp
    assert (server.ip, server.root_dir, int(server.port)) == ("127.0.0.1", str(tmp_path), 8899)


def test_lab_validates_the_design_and_hands_it_over(
    monkeypatch: pytest.MonkeyPatch, design_folder: Copy, capsys: pytest.CaptureFixture[str]
) -> None:
    from jupyterlab.labapp import LabApp

    launched: list[list[str]] = []
    monkeypatch.setattr(LabApp, "launch_instance", lambda argv: launched.append(argv))
    monkeypatch.setenv("ARCHBOOK_DESIGN", "")
    monkeypatch.setenv("JUPYTER_CONFIG_PATH", "")
    folder = design_folder("minimal")
    assert run(capsys, "lab", folder, "--no-browser", "--port", "8899")[0] == 0
    assert os.environ["ARCHBOOK_DESIGN"] == str(folder)
    ours = Path(os.environ["JUPYTER_CONFIG_PATH"]) / "labconfig" / "default_setting_overrides.json"
    assert json.loads(ours.read_text())["@jupyterlab/apputils-extension:notification"]["fetchNews"] == "false"
    assert "--ServerApp.port=8899" in launched[0]
    (folder / "design.yaml").write_text("name: [", encoding="utf-8")
    assert run(capsys, "lab", folder)[0] == 2
    assert len(launched) == 1


def test_the_exit_codes_are_told_in_help(capsys: pytest.CaptureFixture[str]) -> None:
    told = " ".join(run(capsys, "--help")[1].split())
    assert f"{cli.WRONG_INPUT} wrong input" in told
    assert f"{cli.FAILED} Archbook itself failed" in told
    assert f"{cli.STOPPED} stopped" in told


def test_without_growth_the_first_sentence_says_today_and_what_happens_at_the_planned_growth(
    capsys: pytest.CaptureFixture[str],
) -> None:
    out = run(capsys, "estimate", "ecommerce")[1]
    first = out.partition(". ")[0]
    assert first.startswith("At today's peak (")
    assert "nothing saturates; at 10× today's peak (" in first
    assert "payment-service saturates" in first
    assert "At 1× today's peak (computed)" in out


DDL = {
    "of high severity": (
        "CREATE TABLE visits (page text NOT NULL, day date NOT NULL);",
        1,
        "visits has no primary key",
    ),
    "of low severity": ("CREATE TABLE visits (id uuid PRIMARY KEY, page text NOT NULL);", 0, "visits has no comment"),
    "in another encoding": ("CREATE TABLE cafés (id uuid PRIMARY KEY, page text NOT NULL);", 0, "cafés has no comment"),
}


@pytest.mark.parametrize(("ddl", "code", "finding"), DDL.values(), ids=DDL)
@pytest.mark.parametrize("form", ["text", "md", "json"])
def test_a_ddl_file_is_linted_in_every_format(
    ddl: str, code: int, finding: str, form: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "visits.sql"
    file.write_bytes(ddl.encode("latin-1"))
    exit_code, out, err = run(capsys, "lint-schema", file, "--format", form)
    assert (exit_code, err) == (code, "")
    assert finding in out
    if form == "json":
        assert json.loads(out)["exit_code"] == code


API = {"openapi": "3.1.0", "info": {"version": "1"}, "paths": {"/users": {"get": {"responses": {}}}}}


@pytest.mark.parametrize(("paths", "code"), [(API["paths"], 0), ({}, 1)], ids=["the same", "an operation less"])
@pytest.mark.parametrize("form", ["text", "md", "json"])
def test_two_versions_of_an_api_are_compared_in_every_format(
    paths: object, code: int, form: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = tmp_path / "v1.json", tmp_path / "v2.json"
    for file, data in zip(files, (API, {**API, "paths": paths}), strict=True):
        file.write_text(json.dumps(data), encoding="utf-8")
    exit_code, out, err = run(capsys, "diff-api", *files, "--format", form)
    assert (exit_code, err) == (code, "")
    assert ("gets 404 or 405" in out) == bool(code)
    if form == "json":
        assert json.loads(out)["exit_code"] == code


NO_DDL = {
    "an empty file": (b"", "there is no CREATE TABLE in it"),
    "a picture": (b"\x89PNG\r\n\x1a\n\x00\x00\xff\xfe", "there is no CREATE TABLE in it"),
    "prose": (b"Dear Tom, the tables are in the wiki.", "there is no CREATE TABLE in it"),
}


@pytest.mark.parametrize(("content", "answer"), NO_DDL.values(), ids=NO_DDL)
def test_a_file_without_tables_is_refused_in_a_sentence(
    content: bytes, answer: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "visits.sql"
    file.write_bytes(content)
    code, out, err = run(capsys, "lint-schema", file)
    assert (code, out) == (2, "")
    assert answer in err
    assert err.startswith(str(file))


def test_a_ddl_file_that_is_not_there_suggests_the_one_that_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("shop.sql").write_text("CREATE TABLE t (id int PRIMARY KEY);", encoding="utf-8")
    code, _, err = run(capsys, "ddl", "shpo.sql")
    assert (code, err) == (2, "there is no file `shpo.sql`; did you mean `shop.sql`?\n")
