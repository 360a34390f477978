"""The line that says how far long work is."""

import io
import sys

from archbook.waiting_line import waiting_line


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_sees_one_line_that_goes_away(monkeypatch):
    monkeypatch.setattr(sys, "stderr", terminal := Terminal())
    monkeypatch.delitem(sys.modules, "ipykernel", raising=False)
    with waiting_line() as show:
        show(1, 4, "rows of orders")
    assert terminal.getvalue() == "\r\x1b[Krows of orders 25 %\r\x1b[K"


def test_a_pipe_sees_nothing(monkeypatch):
    monkeypatch.setattr(sys, "stderr", pipe := io.StringIO())
    monkeypatch.delitem(sys.modules, "ipykernel", raising=False)
    with waiting_line() as show:
        assert show is None
    assert pipe.getvalue() == ""
