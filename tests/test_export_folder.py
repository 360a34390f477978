"""Writing into a folder: all or nothing, and nothing of anybody else's."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from archbook.errors import Conflict
from archbook.export.folder import MANIFEST, write_folder

FILES = {"a.md": b"one", "figures/x.svg": b"<svg/>", "figures/y.svg": b"<svg/>"}


def tree(folder: Path) -> dict[str, bytes]:
    """All files below a folder, but for the manifest."""
    files = (path for path in folder.rglob("*") if path.is_file() and path.name != MANIFEST)
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def test_a_new_folder_holds_exactly_the_files(tmp_path: Path) -> None:
    written = write_folder(tmp_path / "deep" / "out", FILES)
    assert tree(tmp_path / "deep" / "out") == FILES
    assert [path.name for path in written] == ["a.md", "x.svg", "y.svg"]
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["out"]


def test_our_own_earlier_export_is_replaced_and_what_is_gone_goes(tmp_path: Path) -> None:
    write_folder(tmp_path, FILES)
    write_folder(tmp_path, {"a.md": b"two", "tables/t.csv": b"x"})
    assert tree(tmp_path) == {"a.md": b"two", "tables/t.csv": b"x"}
    assert not (tmp_path / "figures").exists()


def test_files_of_the_user_stay(tmp_path: Path) -> None:
    write_folder(tmp_path, FILES)
    (tmp_path / "figures" / "mine.png").write_bytes(b"mine")
    (tmp_path / "figures" / "y.svg").write_bytes(b"edited")
    write_folder(tmp_path, {"a.md": b"two"})
    assert tree(tmp_path) == {"a.md": b"two", "figures/mine.png": b"mine", "figures/y.svg": b"edited"}


@pytest.mark.parametrize(
    ("name", "words"), [("a.md", "edited since it was exported"), ("new.md", "not written by this export")]
)
def test_a_file_in_the_way_stops_the_export_before_anything_is_written(tmp_path: Path, name: str, words: str) -> None:
    write_folder(tmp_path, FILES)
    (tmp_path / name).write_bytes(b"by hand")
    before = tree(tmp_path)
    with pytest.raises(Conflict, match=f"`{name}` was {words}.*Nothing has been written"):
        write_folder(tmp_path, {**FILES, "a.md": b"two", "new.md": b"new"})
    assert tree(tmp_path) == before


def test_an_edited_file_blocks_again_after_it_was_left_out_once(tmp_path: Path) -> None:
    write_folder(tmp_path, FILES)
    (tmp_path / "a.md").write_bytes(b"by hand")
    write_folder(tmp_path, {"b.md": b"b"})
    with pytest.raises(Conflict, match=r"`a\.md` was edited since"):
        write_folder(tmp_path, FILES)


def test_a_failure_halfway_brings_back_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_folder(tmp_path / "out", FILES)
    before, real, moves = tree(tmp_path / "out"), os.replace, []

    def failing(source: Path, target: Path) -> None:
        moves.append(target)
        if len(moves) == 4:
            raise OSError(28, "No space left on device")
        real(source, target)

    monkeypatch.setattr(os, "replace", failing)
    with pytest.raises(Conflict, match="No space left on device"):
        write_folder(tmp_path / "out", {"a.md": b"two", "figures/x.svg": b"new", "z.md": b"z"})
    assert tree(tmp_path / "out") == before
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_an_interrupted_export_can_be_run_again(tmp_path: Path) -> None:
    write_folder(tmp_path, FILES)
    new = {"a.md": b"two", "figures/x.svg": b"new"}
    (tmp_path / "a.md").write_bytes(b"two")  # the machine stopped before the manifest was written
    write_folder(tmp_path, new)
    assert tree(tmp_path) == new


@pytest.mark.parametrize(
    "manifest",
    ["", "[]", "{}", '{"archbook_export": 2, "files": {}}', '{"archbook_export": 1, "files": {"../a": "x"}}'],
)
def test_a_manifest_that_is_not_ours_is_not_trusted(tmp_path: Path, manifest: str) -> None:
    (tmp_path / MANIFEST).write_text(manifest)
    with pytest.raises(Conflict, match="is not a list of exported files"):
        write_folder(tmp_path, FILES)
    assert tree(tmp_path) == {}


def test_a_file_where_the_folder_should_be_is_a_conflict(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("mine")
    with pytest.raises(Conflict, match="is not a folder"):
        write_folder(tmp_path / "out", FILES)
    assert (tmp_path / "out").read_text() == "mine"


def test_a_link_that_leads_out_of_the_folder_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "figures").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(Conflict, match=r"figures/x\.svg"):
        write_folder(tmp_path / "out", FILES)
    assert list((tmp_path / "elsewhere").iterdir()) == []
