"""Decisions kept as Markdown files (MADR, or Nygard's form), one file each, such as ``decisions/0004-events.md``."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from archbook.design.yaml_safe import decoded, read_yaml, refusal
from archbook.errors import DesignError

FOLDER = "decisions"
FILES_LIMIT = 1000
SIZE_LIMIT_B = 200_000
_HEADING = re.compile(r"^(#{1,6})\s+(.+?)\s*#*$")
_BULLET = re.compile(r"^\s*[-*+]\s+(?:\[[ xX]\]\s+)?(.+)$")
_TITLE = re.compile(r"^(?:ADR[- ]?)?0*\d{1,6}\s*[.:–—-]\s*|^ADR[- ]?0*\d{1,6}\s+", re.IGNORECASE)
_STATUS = re.compile(r"\s*(proposed|accepted|rejected|deprecated|superseded)\b(?:\D*(\d{1,6}))?", re.IGNORECASE)
_OLD_STYLE = re.compile(r"^[-*]\s*(status|date)\s*:\s*(.+)$", re.IGNORECASE)
_SECTIONS = {
    "context and problem statement": "context", "context": "context", "problem": "context",
    "decision outcome": "decision", "decision": "decision", "why": "why", "rationale": "why", "reasons": "why",
    "consequences": "consequences", "positive consequences": "consequences", "negative consequences": "consequences",
    "considered options": "alternatives", "alternatives": "alternatives", "options": "alternatives",
    "status": "status", "date": "date",
}  # fmt: skip


def decision_files(folder: Path) -> Iterator[Path]:
    """The Markdown files that hold decisions, in order of their names; read-me files and templates are none."""
    names = sorted((folder / FOLDER).glob("*.md"))[:FILES_LIMIT] if (folder / FOLDER).is_dir() else []
    yield from (path for path in names if not re.search(r"readme|template|^index", path.name, re.IGNORECASE))


def read_decision(content: bytes, file: str) -> tuple[dict[str, Any], dict[str, int]]:
    """A decision as `design.yaml` would hold it, and the line of each of its parts. Raises DesignError."""
    if len(content) > SIZE_LIMIT_B:
        raise refusal(file, None, f"is larger than {SIZE_LIMIT_B // 1000} kB", "shorten it")
    lines = decoded(content, file).splitlines()
    decision, places, start = _front_matter(lines, file)
    number = re.match(r"\D{0,8}?(\d{1,6})", Path(file).name)
    if number and int(number[1]):
        decision.setdefault("id", int(number[1]))
    for key, line, body in _sections(lines, start):
        _take(decision, key, body)
        places.setdefault(key, line)
    if "title" not in decision:
        raise refusal(file, 1, "has no title", "begin with a line like `# 4. Events between services`")
    if "id" not in decision:
        raise refusal(file, 1, "has no number", "name the file like `0004-events.md`")
    chosen = re.search(r"[Cc]hosen option:.*?\bbecause\s+(.+)", decision.get("decision", ""), re.DOTALL)
    if chosen:
        decision.setdefault("why", chosen[1].strip())
    return decision, places


def _front_matter(lines: list[str], file: str) -> tuple[dict[str, Any], dict[str, int], int]:
    if not lines or lines[0].strip() != "---" or "---" not in map(str.strip, lines[1:]):
        return {}, {}, 0
    end = [line.strip() for line in lines].index("---", 1)
    document = read_yaml("\n".join(["", *lines[1:end]]), file)
    data = document.data if isinstance(document.data, dict) else {}
    if document.problems:
        raise DesignError(document.problems)
    decision = {key: data[key] for key in ("id", "about", "date", "why", "superseded_by") if data.get(key) is not None}
    if data.get("status") is not None:
        _take(decision, "status", [str(data["status"])])
    return decision, {str(where[0]): line for where, line in document.lines.items() if where}, end + 1


def _sections(lines: list[str], start: int) -> Iterator[tuple[str, int, list[str]]]:
    """The parts under headings that are known; others belong to the part above them."""
    key, since, body = "", start, list[str]()
    for index in range(start, len(lines)):
        heading = _HEADING.match(lines[index])
        old = _OLD_STYLE.match(lines[index])
        known = _SECTIONS.get(heading[2].casefold()) if heading else None
        if heading and (len(heading[1]) == 1 or known):
            yield from [(key, since, body)] if key else []
            key, since, body = known or "title", index + 1, [heading[2]] if not known else []
        elif old and key in ("", "title"):
            yield old[1].casefold(), index + 1, [old[2]]
        elif key != "title":
            body.append(lines[index])
    yield from [(key, since, body)] if key else []


def _take(decision: dict[str, Any], key: str, body: list[str]) -> None:
    text = "\n".join(body).strip()
    if key == "title":
        decision.setdefault("title", _TITLE.sub("", text))
    elif key == "status":
        status = _STATUS.match(text)
        decision["status"] = status[1].casefold() if status else text
        if status and status[2] and decision["status"] == "superseded":
            decision.setdefault("superseded_by", int(status[2]))
    elif key in ("consequences", "alternatives"):
        items = _bullets(body) or ([text] if text else [])
        decision[key] = [*decision.get(key, []), *(map(_road, items) if key == "alternatives" else items)]
    elif text:
        decision[key] = f"{decision[key]}\n\n{text}" if key in decision and key != "date" else text


def _bullets(body: list[str]) -> list[str]:
    """The items of a list, each with its further lines; what stands before or after the list is none."""
    items: list[str] = []
    ended = True
    for line in body:
        if bullet := _BULLET.match(line):
            items.append(bullet[1].strip())
            ended = False
        elif not line.strip() or _HEADING.match(line):
            ended = True
        elif items and (line[0].isspace() or not ended):
            items[-1] += " " + line.strip()
    return items


def _road(item: str) -> str | dict[str, str]:
    """A road not taken, in two parts where it is written `option: why not`."""
    parts = re.fullmatch(r"(.{1,80}?):\s+(.+)", item, re.DOTALL)
    return {"option": parts[1], "why_not": parts[2]} if parts and parts[1].count("`") % 2 == 0 else item
