"""A finding about a host names the step of docs/prepare-windows.md that is missing, and the page has each."""

from __future__ import annotations

import re
import socket
from datetime import timedelta

import pytest

from partner_operator.doctor.checks import diagnose
from partner_operator.doctor.facts import Check, Failure, Shell
from partner_operator.doctor.preparation import PAGE, Preparation
from partner_operator.doctor.probe import probe
from partner_operator.engine.ports import Step
from partner_operator.trust.model import Authentication, Product
from partner_operator.trust.reasons import Reason
from partner_simulator.certificates import CertificateAuthority
from support.docs.pages import ROOT, anchors
from support.doctor.facts import facts, observed
from support.trust.worlds import NOW
from support.winrm.host import HOST, host_of

CREDSSP, NTLM = Authentication.CREDSSP, Authentication.NTLM
EXCHANGE, LYNC = Product.EXCHANGE, Product.LYNC
_CITED = re.compile(re.escape(PAGE) + r"#([\w-]+)")

FAILURES = [
    (EXCHANGE, NTLM, Step.LOGON, Reason.CREDENTIALS_REJECTED, Preparation.ACCOUNT),
    (EXCHANGE, NTLM, Step.LOGON, Reason.FORBIDDEN, Preparation.LISTENER),
    (LYNC, CREDSSP, Step.LOGON, Reason.FORBIDDEN, Preparation.CREDSSP),
    (EXCHANGE, NTLM, Step.SHELL, Reason.FORBIDDEN, Preparation.ACCOUNT),
    (EXCHANGE, NTLM, Step.SHELL, Reason.QUOTA_EXCEEDED, Preparation.SHELLS),
    (EXCHANGE, NTLM, Step.SHELL, Reason.PROTOCOL_ERROR, Preparation.LISTENER),
    (EXCHANGE, NTLM, Step.POWERSHELL, Reason.BLOCKED, Preparation.POWERSHELL),
    (EXCHANGE, NTLM, Step.SECOND_HOP, Reason.FORBIDDEN, Preparation.ENDPOINT),
    (EXCHANGE, NTLM, Step.SECOND_HOP, Reason.UNREACHABLE, Preparation.ENDPOINT),
    (LYNC, NTLM, Step.WORK, Reason.REMOTE_ERROR, Preparation.CREDSSP),
    (EXCHANGE, NTLM, Step.RIGHTS, Reason.FORBIDDEN, Preparation.ACCOUNT),
    (EXCHANGE, NTLM, Step.MODULE, Reason.WRONG_PRODUCT, None),
    (EXCHANGE, NTLM, Step.MUTEX, Reason.BUSY, None),
    (LYNC, CREDSSP, Step.WORK, Reason.REMOTE_ERROR, None),
]


def cited(*checks: Check) -> set[str]:
    """Headings that the next steps name."""
    return {anchor for check in checks for anchor in _CITED.findall(check.next_step)}


def test_the_page_has_each_step_in_this_order_and_no_other() -> None:
    text = (ROOT / PAGE).read_text()
    headings = re.findall(r"^### (.+)$", text, re.MULTILINE)
    assert [re.sub(r"[^\w -]", "", each.lower()).replace(" ", "-") for each in headings] == [
        str(step) for step in Preparation
    ]
    assert set(Preparation) <= anchors(ROOT / PAGE)


@pytest.mark.parametrize(("product", "logon", "step", "reason", "missing"), FAILURES)
def test_a_run_that_failed_names_what_the_host_lacks(
    product: Product,
    logon: Authentication,
    step: Step,
    reason: Reason,
    missing: Preparation | None,
) -> None:
    checks = diagnose(facts(product, Failure(step, reason, "It broke."), logon))
    assert cited(*checks) == ({missing} if missing else set())


def test_so_do_a_powershell_of_32_bits_and_a_clock() -> None:
    assert cited(*diagnose(facts(powershell=Shell("5.1", 32)))) == {Preparation.POWERSHELL}
    late = observed(clock=NOW + timedelta(minutes=20))
    assert cited(*diagnose(facts(seen=late))) == {Preparation.CLOCK}
    assert cited(*diagnose(facts())) == set()


def test_so_do_a_port_without_a_listener_and_one_behind_a_firewall(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        refused = probe("127.0.0.1", port, None).port

    def silent(*arguments: object, **options: object) -> object:
        raise TimeoutError

    monkeypatch.setattr(socket, "create_connection", silent)
    unheard = probe("127.0.0.1", port, None).port
    assert refused is not None
    assert unheard is not None
    assert _CITED.findall(refused.next_step) == [Preparation.LISTENER]
    assert _CITED.findall(unheard.next_step) == [Preparation.FIREWALL]


def test_so_does_a_certificate_that_is_not_trusted() -> None:
    with host_of(CertificateAuthority("ONE-CA")) as host:
        way = probe(HOST, host.server.port, CertificateAuthority("ANOTHER-CA").pem)
    assert way.tls is not None
    assert _CITED.findall(way.tls.next_step) == [Preparation.CERTIFICATE]
