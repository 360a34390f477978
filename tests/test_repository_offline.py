"""The guard against network use is itself tested: each way out fires it, and each way in does not."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import sys
import textwrap
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest

FAR = "203.0.113.7"  # TEST-NET-3 of RFC 5737: routed nowhere


def tcp_connect() -> None:
    with socket.socket() as plain:
        plain.connect((FAR, 443))


def tcp_connect_ex() -> None:
    with socket.socket() as plain:
        plain.connect_ex((FAR, 443))


def datagram() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as plain:
        plain.sendto(b"", (FAR, 53))


def six() -> None:
    with socket.socket(socket.AF_INET6) as plain:
        plain.connect(("2001:db8::1", 443))


def name_look_up() -> None:
    socket.getaddrinfo("index.example", 443)


def old_name_look_up() -> None:
    socket.gethostbyname("index.example")


def url() -> None:
    urllib.request.urlopen("http://index.example/", timeout=0.2)


@pytest.mark.parametrize("reach", [tcp_connect, tcp_connect_ex, datagram, six, name_look_up, old_name_look_up, url])
def test_a_test_that_reaches_beyond_loopback_is_refused(
    reach: Callable[[], None], no_network: Callable[[], list[str]]
) -> None:
    with pytest.raises((RuntimeError, OSError), match="never reach beyond this machine"):
        reach()
    assert len(no_network()) == 1


def test_a_refusal_that_a_library_swallows_still_fails_the_test(no_network: Callable[[], list[str]]) -> None:
    with contextlib.suppress(Exception):
        tcp_connect()
    assert no_network() == ["connect to ('203.0.113.7', 443)"]


def test_a_program_that_a_test_starts_carries_the_guard(no_network: Callable[[], list[str]]) -> None:
    program = textwrap.dedent(f"""
        import socket
        try:
            socket.socket().connect(("{FAR}", 443))
        except Exception:
            pass
    """)
    subprocess.run([sys.executable, "-c", program], check=True)
    assert no_network() == ["connect to ('203.0.113.7', 443)"]


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "127.8.8.8"])
def test_loopback_is_open(host: str, no_network: Callable[[], list[str]]) -> None:
    with socket.socket() as server:
        server.bind((host, 0))
        server.listen()
        with socket.create_connection(server.getsockname(), timeout=2):
            pass
    assert no_network() == []


def test_the_guard_makes_pytest_report_an_error(pytester_run: Callable[[str], str]) -> None:
    report = pytester_run("""
        import socket

        def test_that_calls_home():
            try:
                socket.socket().connect(("203.0.113.7", 443))
            except Exception:
                pass
    """)
    assert "1 passed, 1 error" in report
    assert "AssertionError: the test reached" in report


@pytest.fixture
def pytester_run(tmp_path: Path) -> Callable[[str], str]:
    """Runs pytest on one file of its own, with our conftest."""
    conftest = Path(__file__).with_name("conftest.py")

    def run(text: str) -> str:
        (tmp_path / "test_it.py").write_text(textwrap.dedent(text), encoding="utf-8")
        (tmp_path / "conftest.py").write_text(
            f"import importlib.util\nspec = importlib.util.spec_from_file_location('shared', {str(conftest)!r})\n"
            "shared = importlib.util.module_from_spec(spec)\nspec.loader.exec_module(shared)\n"
            "globals().update({k: v for k, v in vars(shared).items() if not k.startswith('__')})\n",
            encoding="utf-8",
        )
        command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--rootdir", str(tmp_path), str(tmp_path)]
        return subprocess.run(command, capture_output=True, text=True, cwd=tmp_path).stdout

    return run
