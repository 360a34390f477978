"""Writing files so that nothing a user wrote is lost."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from archbook.errors import Conflict


def write_atomically(path: Path, content: str | bytes) -> Path:
    """Write a file so that a reader, or a power cut, sees all of the old or all of the new. Raises Conflict."""
    data = content.encode() if isinstance(content, str) else content
    try:
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    except OSError as error:
        raise Conflict(f"{path}: cannot be written ({error.strerror}); nothing has been changed") from None
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, path.stat().st_mode & 0o777 if path.exists() else 0o644)
        os.replace(temporary, path)
    except OSError as error:
        Path(temporary).unlink(missing_ok=True)
        raise Conflict(f"{path}: cannot be written ({error.strerror}); nothing has been changed") from None
    return path
