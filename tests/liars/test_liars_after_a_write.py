"""The answer to a change is a lie: the change is not made a second time, and what is true is read again."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from partner_operator.trust.reasons import Reason
from support.liars.domain import APPLICATIONS, Domain, Lie, framed, operation_of

pytestmark = pytest.mark.pwsh
REGISTERS = {
    "exchange": "Configure-EnterprisePartnerApplication.ps1",
    "lync": "New-CsPartnerApplication",
}
"""What only the script of a registration calls."""
OF_OTHERS = b"PO1!" + framed({"to": "b" * 64, "ok": True, "why": "Answer"})
DENIES = framed({"to": "", "ok": False, "why": "Damaged"})
"""That the request arrived damaged and nothing was run."""
LIES: dict[str, tuple[Lie, str]] = {
    "answers others": (lambda *_: OF_OTHERS, "the answer to another request"),
    "answers twice": (lambda out, _: out + out, "the same answer 2 times"),
    "denies it": (lambda *_: b"PO1!" + DENIES, "contradicts itself"),
}


@pytest.fixture(params=["exchange", "lync"])
def fresh(request: pytest.FixtureRequest) -> Iterator[tuple[Domain, str]]:
    """A fresh domain, and a server in it."""
    with pytest.MonkeyPatch.context() as patch:
        domain = Domain(patch)
        try:
            yield domain, request.param
        finally:
            domain.simulation.stop()


def registrations(domain: Domain, server: str) -> list[str]:
    """What made an entry there, oldest first."""
    made = {"exchange": "New-PartnerApplication", "lync": "New-CsPartnerApplication"}[server]
    return [write.what for write in domain.simulation.writes() if write.what == made]


@pytest.mark.parametrize(("lie", "words"), LIES.values(), ids=LIES.keys())
def test_a_lie_about_a_change_does_not_make_it_twice(
    fresh: tuple[Domain, str], lie: Lie, words: str
) -> None:
    """Also the control of all lies before a change: with the truth, the change is made."""
    domain, server = fresh

    def about_the_registration(stdout: bytes, stdin: bytes) -> bytes:
        return lie(stdout, stdin) if REGISTERS[server] in operation_of(stdin) else stdout

    domain.liar.lie, domain.liar.told = about_the_registration, 0
    domain.run_pass(server)
    assert domain.liar.told == 1
    assert len(registrations(domain, server)) == 1
    reason, message = domain.said_of_application(server)
    assert reason is Reason.PROTOCOL_ERROR
    assert words in message
    for _ in range(2):
        domain.run_pass(server)
    assert len(registrations(domain, server)) == 1
    status = domain.cluster.status(APPLICATIONS[server])
    assert status.registration is not None
    assert domain.simulation.open_shells() == ()
