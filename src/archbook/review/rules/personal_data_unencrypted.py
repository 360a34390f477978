"""A disk that tells everything to whoever carries it away."""

from archbook.findings import Hits, Rule
from archbook.review.privacy import private
from archbook.review.subject import Subject
from archbook.units import listed


def readable(subject: Subject) -> Hits:
    """A store with private data that is not encrypted at rest, or does not say so."""
    for name, store in subject.design.stores.items():
        classes = private(store.data)
        if classes and not store.encrypted:
            says = "does not say that it encrypts" if store.encrypted is None else "does not encrypt"
            yield subject.at(
                ("stores", name),
                name,
                f"{name} {says} the {listed(classes)} data in it",
                f"stores.{name}: set `encrypted: true`, its backups and copies too, with keys that lie elsewhere",
                mend={("stores", name, "encrypted"): True},
            )


RULE = Rule(
    id="personal-data-unencrypted",
    severity="high",
    principle=3,
    why="Disks are sent in for repair, snapshots are copied and backups are lost; what is readable then must be told "
    "to everybody it is about",
    remedy="Encrypt at rest, with keys that are not beside the data.",
    references=("OWASP ASVS 5, V14.1.2 and V14.2.4", "Threagile: unencrypted-asset", "GDPR, article 32"),
    check=readable,
    fires="stores: {things-db: {data: [personal], encrypted: false}}",
    quiet="stores: {things-db: {encrypted: false}}",
)
