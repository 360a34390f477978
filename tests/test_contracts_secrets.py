"""Secrets are found and blacked out; what only looks like one is left."""

import pytest

import archbook as ab
from archbook.contracts.secrets import find, redact
from archbook.contracts.tokens import Keys

RANDOM = "q7Zp2Lw9Xk4Rt8Vb"
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


@pytest.mark.parametrize("name", ['password = "{}"', "API_KEY={}", "client_secret: {}", "Authorization: Bearer {}"])
def test_a_random_value_is_found_by_its_name(name: str) -> None:
    assert redact(name.format(RANDOM)) == name.format("[random value]")


@pytest.mark.parametrize(
    "text",
    ["password: a hash, argon2id", "secrets: Vault, read at start", "token: token_bucket_token", "api_key: header",
     "https://shop.example:8443/orders", "GET /tokens/{token_id}", ""],
)  # fmt: skip
def test_what_is_no_secret_stays(text: str) -> None:
    assert (find(text), redact(text)) == ([], text)


def test_no_shipped_design_holds_a_secret() -> None:
    for name in ("ecommerce", "minimal"):
        design = ab.load(name)
        assert design.folder is not None
        assert find((design.folder / "design.yaml").read_text(encoding="utf-8")) == []
