"""Write docs/reference.md (names, command line), and the rules in docs/review-, schema- and api-rules.md.

usage: python tools/reference.py write|check
"""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from archbook.findings import Rule

DOCS = Path(__file__).resolve().parent.parent / "docs"
HEAD = """# Reference

Written by `make reference` from the docstrings and the command line; `make check` fails when it is out of date.
"""

REVIEW_RULES = """# Rules of `archbook review`

Written by `make reference` from the rules themselves, `src/archbook/review/rules/`; the tests run every example, laid
over one small good design. The review also looks with the rules of [schema-rules.md](schema-rules.md) and
[api-rules.md](api-rules.md), but for those of which a rule here says the same with the load behind it. In a terminal
`archbook waive RULE ABOUT --why …` accepts a finding, and `archbook fix` makes the changes that need no thought.
"""

SCHEMA_RULES = """# Rules of `archbook lint-schema`

Written by `make reference` from the rules themselves, `src/archbook/schema/lint/rules/`; the tests run every example.
A comment in the DDL accepts a finding, with its reason: `-- archbook: waive RULE TABLE.COLUMN because …`
"""

API_RULES = """# Rules of `archbook lint-api`

Written by `make reference` from `src/archbook/contracts/lint/rules/`; the tests run every example.
A list at the top of the document accepts findings: `x-archbook-waivers: [{rule: RULE, about: "GET /path", why: …}]`
"""


def pages() -> dict[Path, str]:
    """Every page that is written from the code, by its path."""
    from archbook.contracts.lint import rules as api_rules
    from archbook.review import rules as review_rules
    from archbook.schema.lint import rules as schema_rules

    return {
        DOCS / "reference.md": page(),
        DOCS / "review-rules.md": rules_page(REVIEW_RULES, review_rules(), "yaml"),
        DOCS / "schema-rules.md": rules_page(SCHEMA_RULES, schema_rules(), "sql"),
        DOCS / "api-rules.md": rules_page(API_RULES, api_rules(), "yaml"),
    }


def page() -> str:
    """The whole page. Raises SystemExit naming every public name without a docstring."""
    import archbook

    simulate = import_module("archbook.simulate")  # `archbook.simulate` is its verb
    bare = [name for room in (archbook, simulate) for name in room.__all__ if not described(getattr(room, name))]
    if bare:
        raise SystemExit(f"without a docstring: {', '.join(bare)}")
    lines = [
        HEAD,
        "## In Python: `import archbook as ab`\n",
        *python(archbook),
        "\n## Of the simulator: `from archbook.simulate import ...`\n",
        *python(simulate, ""),
        "\n## On the command line\n",
        *commands(),
        "The rules of `archbook review` are in [review-rules.md](review-rules.md), those of `archbook lint-schema` in",
        "[schema-rules.md](schema-rules.md), those of `archbook lint-api` in [api-rules.md](api-rules.md).",
    ]
    return "\n".join(lines) + "\n"


def described(thing: Any) -> bool:
    """Whether a public name says what it is; plain values such as `__version__` need not."""
    return isinstance(thing, str | int | float) or bool(inspect.getdoc(thing))


def python(package: Any, before: str = "ab.") -> Iterator[str]:
    from archbook import verbs

    for name in sorted(package.__all__, key=str.casefold):
        thing = getattr(package, name)
        if isinstance(thing, str | int | float):
            continue
        verb = getattr(verbs, name, thing) if inspect.ismodule(thing) else thing  # `ab.review` is room and verb
        if inspect.isfunction(inspect.unwrap(verb)):
            # Annotations are text here; their quotes are no part of them.
            signature = re.sub(r"(: |-> )'([^']*)'", r"\1\2", str(inspect.signature(verb)))
            yield f"- **`{before}{name}`** `{signature}`  \n  {sentence(verb)}"
        else:
            kind = "room" if inspect.ismodule(thing) else "class"
            yield f"- **`{before}{name}`** ({kind})  \n  {sentence(thing)}"


def sentence(thing: Any) -> str:
    """The first paragraph of a docstring, on one line."""
    return " ".join((inspect.getdoc(thing) or "").split("\n\n")[0].split())


def commands() -> Iterator[str]:
    """Each command with its usage line and what it does, as --help has it."""
    import click

    from archbook.cli import archbook as main

    context = click.Context(main, info_name="archbook")
    for name in main.list_commands(context):
        command = main.get_command(context, name)
        assert command is not None
        inner = click.Context(command, info_name=f"archbook {name}", parent=None)
        usage = command.get_usage(inner).removeprefix("Usage: ")
        yield f"### `{' '.join(usage.split())}`\n"
        yield f"{' '.join((command.help or '').split())}\n"
        for option in command.params:
            record = option.get_help_record(inner)
            if record and record[1]:
                yield f"- `{record[0]}` {' '.join(record[1].split())}"
        yield ""


def rules_page(head: str, all_rules: Sequence[Rule], language: str) -> str:
    """A page of rules: a table, then each of them."""
    table = ["| Rule | Severity | Finds |", "|---|---|---|"]
    table += [
        f"| [`{rule.id}`](#{rule.id}-{rule.severity}-principle-{rule.principle}) | {rule.severity} | {rule.title} |"
        for rule in all_rules
    ]
    return "\n".join([head, *table, "", *described_rules(all_rules, language)])


def described_rules(all_rules: Iterable[Rule], language: str) -> Iterator[str]:
    """Each rule: what it looks for, why, what to do, and the smallest subjects that fire it and keep it quiet."""
    for rule in all_rules:
        yield f"### `{rule.id}` ({rule.severity}, principle {rule.principle})\n"
        yield f"{condition(rule)}\n"
        yield f"- Why: {rule.why}."
        yield f"- Do: {rule.remedy}"
        yield f"- After: {'; '.join(rule.references)}"
        if rule.measured_by:
            yield f"- Measured by: `{rule.measured_by}`"
        yield f"- Fires on:\n\n```{language}\n{rule.fires.strip(chr(10)).rstrip()}\n```\n"
        yield f"- Quiet on:\n\n```{language}\n{rule.quiet.strip(chr(10)).rstrip()}\n```\n"


def condition(rule: Rule) -> str:
    """When a rule fires, in whole sentences."""
    return " ".join((inspect.getdoc(rule.check) or rule.title).split())


def main(arguments: list[str]) -> int:
    if arguments not in (["write"], ["check"]):
        print(__doc__, file=sys.stderr)
        return 2
    DOCS.mkdir(exist_ok=True)
    stale = [path for path, text in pages().items() if not path.exists() or path.read_text(encoding="utf-8") != text]
    if arguments == ["write"]:
        for path in stale:
            path.write_text(pages()[path], encoding="utf-8")
        print(f"wrote {', '.join(f'docs/{path.name}' for path in stale) or 'nothing: all is current'}")
        return 0
    for path in stale:
        print(f"docs/{path.name} is out of date; run make reference and read the difference")
    return bool(stale)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
