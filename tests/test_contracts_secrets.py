"""Secrets are found and blacked out; what only looks like one is left."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

import archbook as ab
from archbook.contracts.secrets import blacked_out, find, in_design, redact, without
from archbook.contracts.tokens import Keys
from archbook.diagrams.view import draw as inner_draw
from archbook.findings import Hit

RANDOM = "q7Zp2Lw9Xk4Rt8Vb"
URL = f"postgres://app:{RANDOM}@db/shop"
SECRETS = {
    "AWS access key": "AKIA" + "IOSFODNN7EXAMPLE",
    "GitHub token": "ghp_" + "a1B2" * 9,
    "Stripe key": "sk_live_" + RANDOM,
    "Slack token": "xoxb-" + RANDOM,
    "private key": "-----BEGIN EC PRIVATE KEY-----\nMHcC\n-----END EC PRIVATE KEY-----",
    "token (JWT)": Keys("us", "shop").issue("ann", 0),
}


@pytest.mark.parametrize(("kind", "secret"), SECRETS.items(), ids=SECRETS)
def test_a_secret_is_found_by_its_form_and_blacked_out(kind: str, secret: str) -> None:
    text = f"a log line\nsaid {secret} here"
    assert [(found.kind, found.line) for found in find(text)] == [(kind, 2)]
    assert redact(text) == f"a log line\nsaid [{kind}] here"


@pytest.mark.parametrize(("kind", "secret"), SECRETS.items(), ids=SECRETS)
def test_a_secret_is_found_wherever_it_stands(kind: str, secret: str) -> None:
    """After a letter whose small form is two, on a last line, and among much else."""
    for text in ("\n" * 9 + secret, f"İ {secret}\n", "to and fro, through and through\n" * 999 + f"a {secret}\n" * 2):
        found = find(text)
        assert {(one.kind, text[one.start : one.end]) for one in found} == {(kind, secret)}
        assert len(found) == text.count(secret)


@pytest.mark.parametrize(
    "name", ["password:\n\n{}", 'password = "{}"', "API_KEY={}", "client_secret: {}", "Authorization: Bearer {}"]
)
def test_a_random_value_is_found_by_its_name(name: str) -> None:
    assert redact(name.format(RANDOM)) == name.format("[random value]")


@pytest.mark.parametrize(
    "text",
    ["password: a hash, argon2id", "secrets: Vault, read at start", "token: token_bucket_token", "api_key: header",
     "postgres://app:${DB_PASSWORD}@db/shop", "https://user:<password>@host", "redis://app:****@cache",
     "db://{user}:{password}@host", "amqp://user:password@host", "API_KEY=${VAULT_KEY_2026}",
     "https://shop.example:8443/orders", "GET /tokens/{token_id}", ""],
)  # fmt: skip
def test_what_is_no_secret_stays(text: str) -> None:
    assert (find(text), redact(text)) == ([], text)


def test_no_shipped_design_holds_a_secret() -> None:
    for name in ("ecommerce", "minimal"):
        assert list(in_design(ab.load(name))) == []


PLANTED = {"design.yaml": "# {}\n", "schema/orders.sql": "-- {}\n", "decisions/0005-outbox.md": "\n{}\n"}


@pytest.mark.parametrize("file", PLANTED)
def test_a_secret_in_any_file_of_a_design_is_found_by_its_line(file: str, design_folder: Callable[[str], Path]) -> None:
    folder = design_folder("ecommerce")
    text = (folder / file).read_text(encoding="utf-8")
    (folder / file).write_text(text + PLANTED[file].format(SECRETS["Stripe key"]), encoding="utf-8")
    ((found, secret),) = in_design(ab.load(folder))
    lines = (folder / file).read_text(encoding="utf-8").splitlines()
    assert (found, secret.kind, SECRETS["Stripe key"] in lines[secret.line - 1]) == (file, "Stripe key", True)


def test_a_secret_of_a_design_made_in_code_is_found() -> None:
    made = {"archbook": 1, "name": "x", "traffic": {"daily_active_users": 1}, "services": {"a": {}}}
    design = ab.Design.model_validate({**made, "why": "postgres://app:hunter2@db/shop"})
    assert [(file, secret.kind) for file, secret in in_design(design)] == [("", "password in a URL")]


def test_nothing_that_is_exported_shows_a_secret(design_folder: Callable[[str], Path], tmp_path: Path) -> None:
    """In a text, a name of an element, a comment of the DDL and a decision; the finding stays."""
    folder, secret = design_folder("minimal"), SECRETS["GitHub token"]
    text = (folder / "design.yaml").read_text(encoding="utf-8")
    planted = text.replace("\nwhy: Enough", f"\nwhy: It is {secret}. Enough", 1)
    planted += f"  - {{id: 9, title: Take {secret}, why: 'as `{secret}` <b>says</b>'}}\n"
    (folder / "design.yaml").write_text(planted, encoding="utf-8")
    design = ab.load(folder)
    written = ab.export(design, tmp_path / "out")
    assert len(written) > 2
    assert [path.name for path in written if secret.encode() in path.read_bytes()] == []
    page = (tmp_path / "out" / "minimal.md").read_text(encoding="utf-8")
    assert "secret-in-design, 3 places" in page
    assert secret not in str(ab.chapter(design, "decisions"))
    document = json.dumps(ab.openapi(design.changed({("api", "endpoints", 0, "does"): f"Not {secret}"})))
    assert "[GitHub token]" in document
    assert secret not in document


@pytest.mark.parametrize(("view", "of"), [("containers", None), ("sequence", "checkout")])
def test_no_picture_shows_a_secret_or_the_beginning_of_one(
    view: str, of: str | None, design_folder: Callable[[str], Path]
) -> None:
    """A label that is too long is cut, and what is left of a secret would not be known for one."""
    folder = design_folder("ecommerce")
    text = (folder / "design.yaml").read_text(encoding="utf-8")
    text = text.replace("technology: Envoy", f"technology: {URL}").replace("does: places an order", f'does: "{URL}"')
    (folder / "design.yaml").write_text(text, encoding="utf-8")
    design = ab.load(folder)
    assert RANDOM[:6] in inner_draw(design, view, of).svg
    picture = ab.draw(design, view, of)
    assert RANDOM[:6] not in picture.svg + (picture.mermaid or "") + picture.alt
    assert "postgres://app:[passw" in picture.svg


def test_a_design_without_secrets_is_shown_as_it_is() -> None:
    design = ab.load("minimal")
    assert without(design) is design


def test_what_is_no_text_stays_when_texts_are_blacked_out() -> None:
    value = (1, None, ("a",), Hit("x", "said " + SECRETS["Slack token"], ""))
    done = blacked_out(value)
    assert done[:3] == value[:3]
    assert done[3].what == "said [Slack token]"
