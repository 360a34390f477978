"""Make .venv hold exactly what requirements.lock says, and archbook itself; run by `make setup` through setup.sh.

Standard library only. A first set-up that was interrupted leaves no stamp and is begun anew; finished downloads are
pip's to keep. A later one brings .venv up to date in place, so that it is never lost for want of a network.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

VENV = Path(".venv")
STAMP = VENV / ".ready"
LOCK = Path("requirements.lock")
LOG = Path("build/setup.log")
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
LIVE = sys.stdout.isatty()
FRESH = "\r\x1b[K" if LIVE else ""
STEPS = {"Collecting": "resolving", "Downloading": "downloading", "Using cached": "from the cache",
         "Requirement already": "present", "Installing": "installing"}  # fmt: skip


def main() -> int:
    os.chdir(Path(__file__).resolve().parent.parent)
    started = time.monotonic()
    here = os.path.realpath(".")
    kept = STAMP.exists() and STAMP.read_text(encoding="utf-8").strip() == here and usable()
    if not kept:
        print(f"Setting up .venv with Python {sys.version.split()[0]}", flush=True)
        clear()
        if run("creating .venv", [sys.executable, "-m", "venv", str(VENV)]):
            return 1
    pip = [str(python()), "-m", "pip", "--disable-pip-version-check", "--no-input", "install", "--progress-bar", "off"]
    if run("installing packages", [*pip, "--no-compile", "--require-hashes", "-r", str(LOCK)], locked()):
        return 1
    compiling = compile_packages()
    try:
        if run("installing archbook", [*pip, "--no-deps", "--no-build-isolation", "-e", "."]):
            return 1
        if run("compiling the simulator", [str(python()), "-m", "archbook.simulate.warming"]):
            return 1
        progress = Progress("compiling packages", 0)
        compiling.wait()  # what Python cannot read, such as a template, stays as it is
        progress.stop()
    finally:
        compiling.kill()
    STAMP.write_text(here + "\n", encoding="utf-8")
    print(f"Set up in {time.monotonic() - started:.0f} s.")
    return 0


def compile_packages() -> subprocess.Popen[bytes]:
    """Begin to compile what was installed, and ours, on all processors: pip would do so on one, tests included."""
    command = [python(), "-m", "compileall", "-qq", "-j", "0", "-x", r"[\\/]tests?[\\/]", *site_packages(), "src"]
    return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, env=environment())


def clear() -> None:
    """Remove what stands in .venv, the stamp first, so that no half of it is taken for a whole."""
    STAMP.unlink(missing_ok=True)
    if VENV.exists():
        progress = Progress("removing the old .venv", 0)
        shutil.rmtree(VENV, ignore_errors=True)
        progress.stop()


def python() -> Path:
    return BIN / ("python.exe" if os.name == "nt" else "python")


def usable() -> bool:
    """Whether .venv has a Python that runs and a pip."""
    try:
        return subprocess.run([python(), "-m", "pip", "--version"], capture_output=True).returncode == 0
    except OSError:
        return False


def locked() -> int:
    """How many packages the lock names; some are for other systems."""
    return sum(1 for line in LOCK.read_text(encoding="utf-8").splitlines() if re.match(r"[a-z0-9]", line))


def installed() -> int:
    """How many packages lie there; not looked into, since pip moves folders about meanwhile."""
    return len({name for folder in site_packages() for name in os.listdir(folder) if name.endswith(".dist-info")})


def site_packages() -> list[Path]:
    return [*VENV.glob("lib/python*/site-packages"), *VENV.glob("Lib/site-packages")]


def run(title: str, command: list[str], total: int = 0) -> int:
    """Run a command with its output in the log and one live line on the screen; on failure show the log's end."""
    LOG.parent.mkdir(exist_ok=True)
    progress = Progress(title, total)
    with LOG.open("a", encoding="utf-8") as log:
        log.write(f"\n$ {' '.join(command)}\n")
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                   encoding="utf-8", errors="replace", env=environment())  # fmt: skip
        assert process.stdout
        try:
            for line in process.stdout:
                log.write(line)
                progress.note(line)
            code = process.wait()
        finally:
            process.kill()
            progress.stop()
    if code:
        end = LOG.read_text(encoding="utf-8").rstrip().splitlines()[-12:]
        print(f"{title} failed. The last lines of {LOG}:", *end, sep="\n  ", file=sys.stderr)
        print("Mend that and run make again; finished downloads are kept. `make clean` begins anew.", file=sys.stderr)
    return code


def environment() -> dict[str, str]:
    """The caller's environment without what would lead pip into another place than .venv."""
    astray = ("PYTHONPATH", "PYTHONHOME", "PIP_TARGET", "PIP_USER", "PIP_PREFIX")
    return {key: value for key, value in os.environ.items() if key not in astray}


class Progress:
    """One line that lives: rewritten every second on a terminal, printed every ten seconds elsewhere."""

    def __init__(self, title: str, total: int) -> None:
        self.title, self.total = title, total
        self.started = time.monotonic()
        self.seen = 0
        self.step = ""
        self.over = threading.Event()
        self.thread = threading.Thread(target=self.show, daemon=True)
        self.thread.start()

    def note(self, line: str) -> None:
        for start, step in STEPS.items():
            if line.lstrip().startswith(start):
                self.seen += start in ("Collecting", "Requirement already")
                name = re.match(r"[A-Za-z0-9_]+", line.lstrip().removeprefix(start).removeprefix(" satisfied:").strip())
                self.step = step if start == "Installing" or not name else f"{step} {name[0].lower()}"

    def text(self) -> str:
        done = f" {installed() if self.step == 'installing' else self.seen} of about {self.total}" if self.total else ""
        return f"  {self.title}:{done}{' ' * bool(self.step)}{self.step} {time.monotonic() - self.started:.0f} s"

    def show(self) -> None:
        while not self.over.wait(1 if LIVE else 10):
            print(FRESH + self.text()[: shutil.get_terminal_size().columns - 1], end="" if LIVE else "\n", flush=True)

    def stop(self) -> None:
        self.over.set()
        self.thread.join()
        print(f"{FRESH}  {self.title}: {time.monotonic() - self.started:.0f} s", flush=True)


if __name__ == "__main__":
    for stop in (signal.SIGINT, signal.SIGTERM):  # both end pip too, and say so
        signal.signal(stop, signal.default_int_handler)
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        print("\nStopped. Run make again to finish.", file=sys.stderr)
        sys.exit(130)
