"""Hosts on which PowerShell, or TLS before it, is not as the operator needs it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from partner_operator.trust.model import Product
from partner_simulator.certificates import Identity
from partner_simulator.simulation import Simulation
from partner_simulator.wsman import WsmanServer, WsmanSettings
from partner_simulator.wsman.counters import Tally
from support.doctor.examination import Patient
from support.operated_domain import WINRM, names_of
from support.wsman.echo_engine import Answer, EchoDirectory, EchoEngine, fixed

HOST = "odd.litwareinc.com"

Odd = Callable[..., tuple[Patient, WsmanServer]]


@pytest.fixture(scope="module")
def simulation() -> Iterator[Simulation]:
    """A domain that is described and not started: no PowerShell is needed here."""
    described = Simulation(pwsh=Path("/nowhere/pwsh"))
    with names_of(described):
        yield described
    described.stop()


@pytest.fixture
def odd(simulation: Simulation) -> Iterator[Odd]:
    """A maker of one host; at its end no shell may be left there."""
    made: list[WsmanServer] = []

    def make(
        answer: Answer | None = None,
        identity: Identity | None = None,
        settings: WsmanSettings | None = None,
    ) -> tuple[Patient, WsmanServer]:
        patient = Patient(simulation, Product.LYNC)
        patient.one_host(HOST)
        engine = EchoEngine()
        if answer is not None:
            engine.respond("powershell.exe", answer)
        server = WsmanServer(
            HOST,
            engine,
            EchoDirectory({patient.credentials.username: patient.credentials.password}),
            identity or simulation.domain.authority.issue_server([HOST]),
            http_port=0,
            settings=settings,
        ).start()
        made.append(server)
        simulation.domain.network.register(HOST, WINRM, server.address, server.port)
        return patient, server

    yield make
    for server in made:
        assert server.counters.open_shells() == ()
        server.stop()


NO_ANSWER: dict[str, tuple[Answer, str]] = {
    "constrained language mode": (fixed(b"PO1?ConstrainedLanguage", exit_code=3), "language"),
    "no language at all": (fixed(b"PO1?NoLanguage", exit_code=3), "language"),
    "antimalware": (
        fixed(stderr=b"ScriptContainedMaliciousContent,InvokeExpressionCommand", exit_code=1),
        "antimalware",
    ),
    "a group policy": (
        fixed(
            stderr=b"FullyQualifiedErrorId : UnauthorizedAccess\r\nPSSecurityException", exit_code=1
        ),
        "policy",
    ),
    "no powershell.exe": (fixed(exit_code=9009), "powershell.exe"),
}


@pytest.mark.parametrize(("answer", "word"), NO_ANSWER.values(), ids=list(NO_ANSWER))
def test_a_powershell_that_may_not_work(odd: Odd, answer: Answer, word: str) -> None:
    """Logon and shell are proven; what stops the script is named."""
    patient, _ = odd(answer)
    told = patient.ask()
    assert told.crosses() == [("odd", "PowerShell and its language mode")], told.text
    assert word in told.cross()["message"]
    assert "full language mode" in told.cross()["nextStep"]
    assert {"logon", "shell"} <= {check["name"] for check in told.checks if check["ok"]}
    assert told.code == 1


@pytest.mark.parametrize(
    ("begins", "ends", "words", "advice"),
    [
        (-20, -10, "expired", "Renew the certificate"),
        (10, 20, "not yet valid", "Compare the clocks"),
    ],
)
def test_a_certificate_outside_its_time(
    odd: Odd, simulation: Simulation, begins: int, ends: int, words: str, advice: str
) -> None:
    """The advice is about time, and not about authorities."""
    now = datetime.now(UTC)
    identity = simulation.domain.authority.issue_server(
        [HOST],
        not_before=now + timedelta(days=begins),
        not_after=now + timedelta(days=ends),
    )
    patient, server = odd(identity=identity)
    told = patient.ask()
    assert told.crosses() == [("odd", "TLS")]
    assert words in told.cross()["message"]
    assert told.cross()["nextStep"].startswith(advice)
    assert server.counters.count(Tally.LOGONS_ACCEPTED, HOST) == 0


def test_a_port_that_speaks_no_tls(odd: Odd, simulation: Simulation) -> None:
    """The HTTP listener, declared as the port of HTTPS."""
    patient, server = odd()
    simulation.domain.network.register(HOST, WINRM, server.address, server.http_port)
    told = patient.ask()
    assert told.crosses() == [("odd", "TLS")]
    assert "winrm enumerate winrm/config/listener" in told.cross()["nextStep"]


def test_a_host_that_does_not_offer_credssp(odd: Odd) -> None:
    """A cross at the logon that is no refused logon: nothing was sent."""
    offers = replace(WsmanSettings(), offered_schemes=("Negotiate",))
    patient, server = odd(settings=offers)
    told = patient.ask()
    assert told.crosses() == [("odd", "logon")]
    assert "Enable-WSManCredSSP" in told.cross()["message"]
    assert server.counters.count(Tally.LOGONS_REJECTED, HOST) == 0


def test_a_host_whose_powershell_answers_nothing(odd: Odd) -> None:
    """No trace of our script: what it said is shown, and nothing is believed."""
    patient, _ = odd(fixed(b"Welcome to Windows!", exit_code=1))
    told = patient.ask()
    (cross,) = told.crosses()
    assert cross[1] in {"shell", "PowerShell and its language mode"}
    assert "nothing was run" in told.cross()["message"]
