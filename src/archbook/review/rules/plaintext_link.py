"""A link that anybody on the way can read."""

from __future__ import annotations

from collections.abc import Iterator

from archbook.findings import Hit, Rule
from archbook.review.subject import Subject
from archbook.units import show_size


def plaintext(subject: Subject) -> Iterator[Hit]:
    """A call whose link is not encrypted."""
    for index, call in enumerate(subject.design.calls):
        if not call.encrypted:
            store = subject.design.stores.get(call.to)
            data = [kind for kind in store.data if kind != "public"] if store else []
            flow = subject.grown.calls[index].bandwidth_b_per_s if subject.grown else 0.0
            carries = f" and carries {', '.join(data)} data" if data else ""
            bandwidth = f"{show_size(flow)}/s in clear {subject.peak} (computed: rate × size)"
            yield Hit(
                about=f"{call.from_} → {call.to}",
                what=f"{call.from_} → {call.to} is not encrypted{carries}",
                do=f"calls[{index}]: remove `encrypted: false`, and let {call.to} accept TLS only",
                where=("calls", index),
                evidence=(bandwidth,) if flow > 0 else subject.measured_rate([index]),
                cost=subject.rate([index]),
            )


RULE = Rule(
    id="plaintext-link",
    title="A link without encryption",
    severity="high",
    principle=3,
    why="Whoever gets into the network reads and changes what passes: passwords, tokens and orders alike",
    remedy="Encrypt every link, the internal ones too.",
    references=("OWASP ASVS 5, V12.3.3", "Threagile: unencrypted-communication"),
    check=plaintext,
    fires="""
calls:
- {from: front, to: things-db, encrypted: false}
""",
    quiet="""
calls:
- {from: front, to: things-db, encrypted: true}
""",
)
