"""Resolve pyproject.toml into requirements.lock: every system, Python 3.11 and newer, hashes, no address.

uv does the resolving; it lives in a .venv of its own under build/ and is no dependency of Archbook.
Archbook's users never need this: run it after a change of dependencies, and read the difference.
"""

from __future__ import annotations

import os
import subprocess
import sys
import venv
from pathlib import Path

HOME = Path("build/uv")
COMPILE = ["pip", "compile", "--universal", "--python-version", "3.11", "pyproject.toml", "--extra", "dev",
           "-o", "requirements.lock", "--generate-hashes", "--no-header", "--no-emit-index-url", "--quiet"]  # fmt: skip


def main() -> int:
    os.chdir(Path(__file__).resolve().parent.parent)
    scripts = HOME / ("Scripts" if os.name == "nt" else "bin")
    if not (scripts / "uv").exists() and not (scripts / "uv.exe").exists():
        print("Fetching uv into build/uv", flush=True)
        venv.create(HOME, with_pip=True)
        subprocess.run([scripts / "python", "-m", "pip", "install", "-q", "uv"], check=True)
    print("Resolving pyproject.toml", flush=True)
    code = subprocess.run([scripts / "uv", *COMPILE, *sys.argv[1:]]).returncode
    if code == 0:
        print("requirements.lock is written. Read the difference (git diff requirements.lock), then make test.")
    return code


if __name__ == "__main__":
    sys.exit(main())
