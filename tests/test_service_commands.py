"""`archbook serve` and `archbook load`, and their verbs: the API of a design, live."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import archbook as ab
from archbook.cli import main
from archbook.contracts.service import running
from archbook.contracts.service.asking import ask
from archbook.contracts.service.running import Running
from archbook.errors import ArchbookError, UnknownName


@pytest.fixture(scope="module")
def shop() -> Iterator[Running]:
    with ab.serve(ab.load("ecommerce"), rows=200) as service:
        yield service


def test_a_service_beside_a_notebook_answers_as_the_roles_say(shop: Running) -> None:
    assert [shop.ask("GET /api/v1/orders", who).status for who in ("", "customer", "service")] == [401, 200, 403]
    mine = shop.ask("GET /api/v1/orders", "customer").data["data"][0]["id"]
    assert shop.ask(f"GET /api/v1/orders/{mine}", "customer").status == 200
    assert shop.ask(f"GET /api/v1/orders/{mine}", "customer-2").status == 404, "it belongs to somebody else"
    assert shop.ask(f"GET /api/v1/orders/{mine}", "support").status == 200
    with pytest.raises(UnknownName, match="did you mean `customer`"):
        shop.ask("GET /api/v1/orders", "custmer")


def test_more_than_the_design_allows_is_turned_away(shop: Running) -> None:
    answers = [shop.ask("GET /api/v1/notifications", "customer-2") for _ in range(32)]
    assert answers[0].headers["ratelimit-policy"] == '"user";q=100;w=60, "ip";q=300;w=60'
    assert (answers[-1].status, answers[-1].headers["retry-after"]) == (429, "1")
    assert sum(answer.status == 429 for answer in answers) >= 1


@pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX's here")
def test_the_command_tells_clients_and_address_and_stops_on_a_signal() -> None:
    paths = os.pathsep.join([str(Path(running.__file__).parents[3]), os.environ["PYTHONPATH"]])
    command = [sys.executable, "-m", "archbook", "serve", "ecommerce", "--port", "0", "--rows", "50"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                               env={**os.environ, "PYTHONPATH": paths})  # fmt: skip
    assert process.stdout is not None
    said = []
    while not said or " answers at " not in said[-1]:
        said.append(process.stdout.readline())
        assert said[-1], process.communicate()
    url = said[-1].split(" answers at ")[1].split(";")[0]
    secret = next(line.split()[1] for line in said if line.startswith("customer "))
    form = f"grant_type=client_credentials&client_id=customer&client_secret={secret}"
    granted = ask(url, "POST /oauth/token", form, {"Content-Type": "application/x-www-form-urlencoded"})
    token = granted.data["access_token"]
    assert ask(url, "GET /api/v1/orders", headers={"Authorization": f"Bearer {token}"}).status == 200
    process.send_signal(signal.SIGTERM)
    rest, log = process.communicate(timeout=20)
    assert (rest, process.returncode) == ("stopped; nothing was left running\n", 0)
    lines = [json.loads(line) for line in log.splitlines()]
    assert [(line["route"], line["status"]) for line in lines] == [("/oauth/token", 200), ("/api/v1/orders", 200)]
    assert secret not in log
    assert token not in log


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("serve", "ecomerce"), "did you mean `ecommerce`"),
        (("serve", "ecommerce", "--port", "70000"), "no port `70000`"),
        (("serve", "ecommerce", "--host", "0.0.0.0"), "--public"),
        (("serve", "ecommerce", "--port", "0", "--engine", "mysql"), "no engine `mysql`"),
        (("load", "ecommerce", "--compare", "cach"), "did you mean `cache`"),
        (("load", "ecommerce", "--engine", "mysql"), "no engine `mysql`"),
    ],
)
def test_what_cannot_be_served_or_asked_is_one_sentence(
    arguments: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*arguments]) == 2
    err = capsys.readouterr().err
    assert said in err
    assert "Traceback" not in err


def test_a_design_is_asked_as_its_journeys_do_and_leaves_nothing_running(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["load", "ecommerce", "--seconds", "1", "--clients", "2", "--rows", "50", "--no-keep", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    names = [endpoint["name"] for endpoint in found["endpoints"]]
    assert "GET /api/v1/products/{id}" in names
    assert all(name.startswith("GET ") for name in names)
    assert found["left_out"]["POST /api/v1/orders"] == "it writes"
    assert sum(endpoint["failures"] for endpoint in found["endpoints"]) == 0
    assert found["together"][""]["p50_s"] > 0


def test_a_design_without_endpoints_is_one_sentence() -> None:
    design = ab.load("minimal")
    bare = design.model_copy(update={"api": design.api.model_copy(update={"endpoints": ()})})
    for verb in (ab.serve, ab.load_test):
        with pytest.raises(ArchbookError, match="endpoint"):
            verb(bare)
