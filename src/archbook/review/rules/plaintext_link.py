"""A link that anybody on the way can read."""

from archbook.findings import Hits, Rule
from archbook.review.subject import Subject
from archbook.units import show_size


def plaintext(subject: Subject) -> Hits:
    """A link without encryption."""
    for index, call in enumerate(subject.design.calls):
        if not call.encrypted:
            link = f"{call.from_} → {call.to}"
            store = subject.design.stores.get(call.to)
            data = ", ".join(kind for kind in store.data if kind != "public") if store else ""
            flow = subject.grown.calls[index].bandwidth_b_per_s if subject.grown else 0.0
            yield subject.at_calls(
                [(index, call)],
                f"{link} is not encrypted" + (f" and carries {data} data" if data else ""),
                f"calls[{index}]: remove `encrypted: false`, and let {call.to} accept TLS only",
                *([f"{show_size(flow)}/s in clear {subject.peak} (computed: rate × size)"] if flow > 0 else []),
                mend={("calls", index, "encrypted"): None},
            )


RULE = Rule(
    id="plaintext-link",
    severity="high",
    principle=3,
    why="Whoever gets into the network reads and changes what passes: passwords, tokens and orders alike",
    remedy="Encrypt every link, the internal ones too.",
    references=("OWASP ASVS 5, V12.3.3", "Threagile: unencrypted-communication"),
    check=plaintext,
    fires="calls: {0: {encrypted: false}}",
    quiet="calls: {0: {encrypted: true}}",
)
