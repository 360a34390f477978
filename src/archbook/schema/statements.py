"""One statement at a time out of a DDL file, so that an error in one never loses the others."""

from __future__ import annotations

import re
from dataclasses import dataclass

INDENT = 200  # characters of white space before a # that begins a line; farther back nobody looks
_STOP = re.compile(r"""['"`;$#]|--|/\*""")
_DOLLAR = re.compile(r"(?<![\w$])\$(?:[^\W\d]\w{0,63})?\$")
_PSQL = re.compile(r"\\[^\n]*")
_DELIMITER = re.compile(r"DELIMITER[ \t]+(\S+)[^\n]*", re.IGNORECASE)
_STRING = re.compile(r"[^']*(?:''[^']*)*'")
_ESCAPED = re.compile(r"[^'\\]*(?:(?:''|\\.)[^'\\]*)*'", re.DOTALL)
_SPACE = re.compile(r"(?:[\s;]+|--[^\n]*\n|(?<=\n)#(?![>=-])[^\n]*\n)*")
_COMMENT_EDGE = re.compile(r"/\*|\*/")
_BODY = re.compile(r"CREATE\s+(OR\s+REPLACE\s+)?(FUNCTION|PROCEDURE|RULE)\b", re.IGNORECASE)
_ATOMIC = re.compile(r"\bBEGIN\s+ATOMIC\b", re.IGNORECASE)
_COPY = re.compile(r"COPY\s[^;]*\bFROM\s+STDIN\b", re.IGNORECASE)
_MYSQL = re.compile(
    r"(?:\b(?:TABLE|EXISTS|INTO|KEY|INDEX|REFERENCES|ON|FROM|TRIGGER|VIEW)|[(,])\s*`[^`\n]+`|\bENGINE\s*=\s*\w|\bAUTO_INCREMENT\b",
    re.I,
)
_RESTART = re.compile(r"^[ \t]*(?:CREATE|ALTER|COMMENT ON|INSERT INTO|DROP)\s", re.MULTILINE | re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement without its semicolon. problem: why it cannot be whole; rows: lines of COPY data after it."""

    text: str
    line: int
    start: int
    stop: int
    problem: str = ""
    rows: int = 0


class Statements:
    """Walks over a DDL text; `resume` goes back to where a broken statement must have ended."""

    def __init__(self, text: str) -> None:
        self.text = text
        hints = text.lower()  # looked through at once; the pattern goes from word to word
        self.mysql = any(w in hints for w in ("`", "engine", "auto_increment")) and _MYSQL.search(text) is not None
        self._hashes: list[int] = []
        self._position = 0
        self._mark = ";"
        self._line, self._counted = 1, 0

    def next(self) -> Statement | None:
        """The next statement, or None at the end."""
        start = self._skip(self._position)
        if psql := _PSQL.match(self.text, start):
            return self._statement(start, psql.end(), psql.end())
        if self._mark != ";":
            return self._marked(start)
        position = start
        while stop := _STOP.search(self.text, position):
            if stop[0] == ";":
                position = stop.end()
                if not self._inside_body(start, stop.start()):
                    return self._statement(start, stop.start(), position)
                continue
            end = self._close(stop)
            if end is None:
                kind = "comment" if stop[0] == "/*" else "quote"
                problem = f"the {kind} opened in line {self.line_at(stop.start())} is never closed"
                return self._statement(start, len(self.text), len(self.text), problem)
            position = end
        return self._statement(start, len(self.text), len(self.text)) if start < len(self.text) else None

    def resume(self, broken: Statement) -> Statement | None:
        """Go back to the next line inside `broken` that begins a statement; the part before it, or None."""
        line_end = self.text.find("\n", broken.start, broken.stop)
        found = _RESTART.search(self.text, line_end, broken.stop) if line_end >= 0 else None
        if found is None:
            return None
        self._position = found.start()
        text = self._text(broken.start, found.start())
        return Statement(text, broken.line, broken.start, found.start())

    def line_at(self, position: int) -> int:
        """The line (from 1) of a place in the text."""
        if position >= self._counted:
            self._line += self.text.count("\n", self._counted, position)
        else:
            self._line -= self.text.count("\n", position, self._counted)
        self._counted = position
        return self._line

    def _skip(self, position: int) -> int:
        """Past white space, empty statements, comments and DELIMITER lines, to where a statement begins."""
        while True:
            found = _SPACE.match(self.text, position)
            position = found.end() if found else position
            stop = _STOP.match(self.text, position)
            if stop and (stop[0] in ("--", "/*") or (stop[0] == "#" and self._is_comment(position))):
                end = self._close(stop)
                if end is None:
                    return position
                position = end
            elif delimiter := _DELIMITER.match(self.text, position):
                self._mark, position = delimiter[1], delimiter.end()
            else:
                return position

    def _close(self, stop: re.Match[str]) -> int | None:
        """Where the quote or comment that opens at `stop` ends; None when it never does."""
        text, mark = self.text, stop[0]
        if mark == "#":
            if not self._is_comment(stop.start()):
                return stop.end()
            self._hashes.append(stop.start())
        if mark in ("--", "#"):
            end = text.find("\n", stop.end())
            return len(text) if end < 0 else end
        if mark == "/*":
            return self._close_comment(stop.end())
        if mark == "'":
            escaped = self.mysql or text[stop.start() - 1 : stop.start()] in ("e", "E")
            found = (_ESCAPED if escaped else _STRING).match(text, stop.end())
            return found.end() if found else None
        if mark == "$":
            dollar = _DOLLAR.match(text, stop.start())
            if dollar is None:
                return stop.end()
            mark, start = dollar[0], dollar.end()
        else:
            start = stop.end()
        end = text.find(mark, start)
        return None if end < 0 else end + len(mark)

    def _is_comment(self, position: int) -> bool:
        """Whether a # begins a comment of MySQL's (PostgreSQL has operators with it)."""
        before = self.text[max(position - INDENT, 0) : position]
        first = not before.rpartition("\n")[2].strip() and (position < INDENT or "\n" in before)
        return (first or self.mysql) and self.text[position + 1 : position + 2] not in (">", "-", "=")

    def _text(self, start: int, stop: int) -> str:
        """The text of a statement with comments of MySQL's in the words of every grammar."""
        pieces, at = [], start
        for position in sorted({hash_ for hash_ in self._hashes if start <= hash_ < stop}):
            pieces += [self.text[at:position], "--"]
            at = position + 1
        self._hashes = []
        return "".join((*pieces, self.text[at:stop])).rstrip()

    def _close_comment(self, position: int) -> int | None:
        depth = 1
        for edge in _COMMENT_EDGE.finditer(self.text, position):
            depth += 1 if edge[0] == "/*" and not self.mysql else -1 if edge[0] == "*/" else 0
            if depth == 0:
                return edge.end()
        return None

    def _inside_body(self, start: int, stop: int) -> bool:
        """Whether a semicolon stands inside the body of a function or rule."""
        if not _BODY.match(self.text, start):
            return False
        text = self.text[start:stop]
        if _ATOMIC.search(text):
            return not text.rstrip().upper().endswith("END")
        return text.count("(") > text.count(")")

    def _marked(self, start: int) -> Statement | None:
        """A statement that ends at MySQL's DELIMITER, or at the end of the text."""
        end = self.text.find(self._mark, start) if self._mark != ";" else -1
        stop, after = (len(self.text),) * 2 if end < 0 else (end, end + len(self._mark))
        if not self.text[start:stop].strip():
            return None
        return self._statement(start, stop, after)

    def _statement(self, start: int, stop: int, after: int, problem: str = "") -> Statement:
        text = self._text(start, stop)
        rows = 0
        if _COPY.match(text):
            end = self.text.find("\n\\.", after)
            end = len(self.text) if end < 0 else end
            rows = max(self.text.count("\n", after, end), 0)
            after = min(end + 3, len(self.text))
        self._position = after
        return Statement(text, self.line_at(start), start, stop, problem, rows)
