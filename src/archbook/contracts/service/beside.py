"""A service in a process of its own, so that those who ask it do not share its processor time."""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from archbook.design.model import Design
from archbook.errors import ArchbookError

STOPS_WITHIN_S = 20.0


class Beside:
    """The service of a design in another process; a context manager. It ends with this one, however that ends.

    url: where it answers. proofs: the headers of each of its clients; the tokens in them are valid for a while.
    options: of `archbook.contracts.service.app.create`. Raises ArchbookError where it does not start.
    """

    def __init__(self, design: Design, **options: Any) -> None:
        paths = [str(Path(__file__).parents[3]), os.environ.get("PYTHONPATH", "")]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths))}
        command = [sys.executable, "-c", f"from {__name__} import main; main()"]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment, start_new_session=True
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            pickle.dump((design, options), self._process.stdin)
            self._process.stdin.flush()
            said = json.loads(self._process.stdout.readline() or b"{}")
        except BaseException as error:
            self.close()
            if not isinstance(error, OSError | ValueError):
                raise
            said = {}
        if "url" not in said:
            self.close()
            raise ArchbookError(said.get("error") or "the service did not start in its process; run `archbook serve`")
        self.url: str = said["url"]
        self.proofs: Mapping[str, Mapping[str, str]] = said["proofs"]

    def close(self) -> None:
        """Stop the service; what it started ends too."""
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None and not pipe.closed:
                try:
                    pipe.close()
                except BrokenPipeError:
                    continue  # it has ended by itself
        try:
            self._process.wait(STOPS_WITHIN_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()


def main() -> None:
    """What the other process does: serve the design that comes in, until nothing comes any more."""
    from archbook.contracts.service.running import Running, check_installed

    told = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what libraries print is not taken for what is told here
    design, options = pickle.load(sys.stdin.buffer)
    try:
        check_installed()
        from archbook.contracts.service.app import create

        app = create(design, **options)
        with Running(app) as service:
            guard = app.state.guard
            proofs = {name: guard.proof(name) for name in guard.accounts.by_name} if guard is not None else {}
            print(json.dumps({"url": service.url, "proofs": proofs}), file=told, flush=True)
            sys.stdin.buffer.read()  # ends with the one who asked for it
    except ArchbookError as error:
        print(json.dumps({"error": str(error)}), file=told, flush=True)
