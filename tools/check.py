"""Everything that `make check` looks at; goes on after a failure, so that one run shows all."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

CHECKS = {
    "style (ruff check)": ["-m", "ruff", "check", "--quiet", "."],
    "format (ruff format)": ["-m", "ruff", "format", "--check", "--quiet", "."],
    "types (mypy --strict)": ["-m", "mypy"],
    "order of the rooms": ["tools/rooms.py"],
    "notebooks": ["tools/notebooks.py", "check"],
    "reference current": ["tools/reference.py", "check"],
}


def main() -> int:
    os.chdir(Path(__file__).resolve().parent.parent)
    failed = []
    for title, arguments in CHECKS.items():
        started = time.monotonic()
        print(f"{title} ...", end=" ", flush=True)
        result = subprocess.run([sys.executable, *arguments], capture_output=True, text=True, encoding="utf-8")
        print(f"{'fine' if result.returncode == 0 else 'not right'} ({time.monotonic() - started:.1f} s)", flush=True)
        if result.returncode:
            failed.append(title)
            print((result.stdout + result.stderr).strip(), flush=True)
    if failed:
        print(f"Not right: {', '.join(failed)}. `.venv/bin/ruff check --fix . && .venv/bin/ruff format .` mends style.")
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main())
