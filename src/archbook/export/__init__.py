"""The design document, in every format: one document is built from a design, then written by each format's module."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from archbook.design.model import Design
from archbook.export.formats import formats

__all__ = ["export", "formats"]


def export(design: Design, folder: str | Path, formats: Iterable[str] = ("md", "html")) -> list[Path]:
    """Write the design document into `folder` and return the files written, the documents first.

    formats: names of `archbook.export.formats()`. All files are written or none. The same design and evidence give
    the same bytes. A file of somebody else in the folder, or an exported one that was edited since, is never
    overwritten. Raises UnknownName (a format), Conflict (a file in the way; nothing is written), ArchbookError
    (a design that cannot be estimated). Secrets are blacked out.
    """
    from archbook.contracts.secrets import blacked_out
    from archbook.export.build import build
    from archbook.export.folder import write_folder
    from archbook.export.formats import writer

    writers = [writer(name) for name in dict.fromkeys(formats)]
    document = blacked_out(build(design))
    files: dict[str, bytes] = {}
    for write in writers:
        files |= write(document)
    order = sorted(files, key=lambda path: path.count("/"))
    return write_folder(Path(folder), {path: files[path] for path in order})
