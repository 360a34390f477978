"""A new design folder to begin with."""

from __future__ import annotations

import re
from importlib import resources
from pathlib import Path

from archbook.design.files import write_atomically
from archbook.design.loading import FILE
from archbook.errors import Conflict, DesignError, Problem, shown

_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)
_DDL = """-- The tables of items-db.
CREATE TABLE items (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name        text NOT NULL CHECK (char_length(name) <= 200),
    created_at  timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX items_created_at ON items (created_at, id);
COMMENT ON TABLE items IS 'One row an item, for as long as it is there.';
"""


def new(folder: str | Path, name: str) -> Path:
    """Write a small commented design, called `name`, into `folder` (made if need be) and return the folder.

    Raises DesignError for a name that cannot be one, and Conflict where something is there already.
    """
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_.-]{0,62}", name) or _RESERVED.fullmatch(name):
        remedy = "begin with a letter and use letters, digits, `.`, `_` and `-`, at most 63, such as `web-shop`"
        raise DesignError([Problem(shown(name), None, "", "cannot be the name of a design", remedy)])
    home = Path(folder)
    try:
        if home.is_symlink() or (home.exists() and (not home.is_dir() or any(home.iterdir()))):
            raise Conflict(f"{home}: is there already and not empty; choose another. Nothing has been written")
        (home / "schema").mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Conflict(f"{home}: cannot be made ({error.strerror}); nothing has been written") from None
    text = resources.files("archbook.design").joinpath("starter.yaml").read_text(encoding="utf-8")
    write_atomically(home / "schema" / "items.sql", _DDL)
    write_atomically(home / FILE, text.replace("name: NAME", f"name: {name}", 1))
    return home
