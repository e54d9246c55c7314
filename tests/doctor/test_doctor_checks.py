"""Facts in, ticks and crosses out: each failure of a run is one cross, at its step, with a next step."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from partner_operator.doctor.checks import LADDER, diagnose, healthy
from partner_operator.doctor.facts import Check, Failure, Probe, Shell, Way
from partner_operator.engine.ports import Step
from partner_operator.trust.model import (
    Authentication,
    DiscoveredHost,
    DocumentFault,
    DocumentReading,
    Product,
    Replica,
)
from partner_operator.trust.reasons import Reason
from support.doctor.facts import HOST, facts, observed
from support.trust.worlds import (
    EXCHANGE_URL,
    LYNC_URL,
    NOW,
)

ALL_STEPS = tuple(LADDER)


def crosses(checks: tuple[Check, ...]) -> list[str]:
    """Names of the checks with a cross."""
    return [check.name for check in checks if check.ok is False]


def unreached(checks: tuple[Check, ...]) -> set[str]:
    """Names of the checks that were not reached."""
    return {check.name for check in checks if check.ok is None}


@pytest.mark.parametrize("product", [Product.EXCHANGE, Product.LYNC])
def test_all_is_well(product: Product) -> None:
    """Every check has a tick, the versions are told, and none asks for anything."""
    checks = diagnose(facts(product))
    assert all(check.ok for check in checks)
    assert healthy(checks)
    assert any("5.1" in check.message for check in checks)
    assert not any(check.next_step for check in checks)


def test_a_tick_for_rights_does_not_promise_more_than_was_tried() -> None:
    """An observe run reads only, so rights to change stay unproven."""
    told = {check.name: check.message for check in diagnose(facts())}
    assert "not tried" in told["rights"]


def test_a_powershell_of_32_bits_is_a_cross_though_it_answers() -> None:
    """Products' cmdlets are missing in it; a host that answered has one all the same."""
    checks = diagnose(facts(powershell=Shell("5.1", 32)))
    assert crosses(checks) == ["PowerShell and its language mode"]
    told = next(check for check in checks if check.ok is False)
    assert "32 bits" in told.message
    assert "System32" in told.next_step


CROSS_OF_STEP = {
    Step.CONNECT: "logon",
    Step.TLS: "logon",
    Step.LOGON: "logon",
    Step.SHELL: "shell",
    Step.POWERSHELL: "PowerShell and its language mode",
    Step.MUTEX: "mutex free",
    Step.MODULE: "product module",
    Step.SECOND_HOP: "second hop",
    Step.RIGHTS: "rights",
    Step.WORK: "reading",
}


@pytest.mark.parametrize("step", Step)
def test_a_failure_is_one_cross_at_its_step_and_nothing_is_known_behind_it(step: Step) -> None:
    """Ticks before it, its message and a next step on it; what only an answer could tell is not reached."""
    checks = diagnose(facts(failure=Failure(step, Reason.UNREACHABLE, "It broke.")))
    cross = CROSS_OF_STEP[step]
    assert crosses(checks) == [cross]
    assert not healthy(checks)
    place = ALL_STEPS.index(cross)
    by_name = {check.name: check for check in checks}
    assert all(by_name[name].ok for name in ALL_STEPS[:place])
    assert unreached(checks) >= {*ALL_STEPS[place + 1 :], "clock", "own certificate"}
    assert by_name[cross].message == "It broke."
    assert by_name[cross].next_step


@pytest.mark.parametrize(
    ("failure", "ticks"),
    [
        (Failure(Step.WORK, Reason.OUTCOME_UNKNOWN, "lost"), {"logon", "shell"}),
        (Failure(Step.SHELL, Reason.PROTOCOL_ERROR, "no WinRM"), set()),
        (Failure(Step.SHELL, Reason.QUOTA_EXCEEDED, "full"), {"logon"}),
    ],
)
def test_a_failure_proves_only_what_it_proves(failure: Failure, ticks: set[str]) -> None:
    """After a lost reply nobody knows how far PowerShell came; who is no WinRM has accepted no logon."""
    checks = diagnose(facts(failure=failure))
    assert {check.name for check in checks if check.ok and check.name in LADDER} == ticks


@pytest.mark.parametrize(
    ("authentication", "cross"),
    [(Authentication.NTLM, "second hop"), (Authentication.CREDSSP, "reading")],
)
def test_lync_needs_credssp_for_its_second_hop(authentication: Authentication, cross: str) -> None:
    """Cmdlets that fail under NTLM are a failed second hop, and the way out is named."""
    failure = Failure(Step.WORK, Reason.REMOTE_ERROR, "Active Directory error.")
    checks = diagnose(facts(Product.LYNC, failure, authentication))
    assert crosses(checks) == [cross]
    told = next(check.message for check in checks if check.name == cross)
    assert ("CredSSP" in told) == (cross == "second hop")


@pytest.mark.parametrize(
    ("way", "cross", "behind"),
    [
        (Way(Probe(False, "no name")), "DNS", {"TCP", "TLS"}),
        (Way(Probe(True, "a"), Probe(False, "refused")), "TCP", {"TLS"}),
        (Way(Probe(True, "a"), Probe(True, "b"), Probe(False, "self-signed")), "TLS", set()),
    ],
)
def test_a_closed_way_is_one_cross(way: Way, cross: str, behind: set[str]) -> None:
    """No logon is tried over a way that is not open."""
    checks = diagnose(facts(way=way, observed=None))
    assert crosses(checks) == [cross]
    assert unreached(checks) >= {*behind, *LADDER, "own metadata document", "unlisted hosts"}


SPOILT: list[tuple[Product, dict[str, Any], str, str]] = [
    (Product.EXCHANGE, {"clock": NOW - timedelta(minutes=6)}, "clock", "360 s"),
    (Product.EXCHANGE, {"clock": NOW + timedelta(minutes=6)}, "clock", "360 s"),
    (Product.EXCHANGE, {"incomplete": "Two answers differ."}, "all entries seen", "differ"),
    (
        Product.EXCHANGE,
        {"wildcard_domains": ("*.fabrikam.com",)},
        "wildcard accepted domains",
        "*.fabrikam.com",
    ),
    (
        Product.EXCHANGE,
        {"discovered_hosts": (DiscoveredHost("ex9.litwareinc.com", needs_restart=True),)},
        "unlisted hosts",
        "ex9.litwareinc.com",
    ),
    (Product.EXCHANGE, {"own_certificates": ()}, "own certificate", "no OAuth certificate"),
    (
        Product.EXCHANGE,
        {"own_certificates": (), "own_certificates_fault": "Denied."},
        "own certificate",
        "Denied",
    ),
    (Product.LYNC, {"replicas": (Replica("fe2", False),)}, "replication", "fe2"),
    (Product.LYNC, {"replicas": ()}, "replication", "no machine"),
]


@pytest.mark.parametrize(
    ("product", "changes", "cross", "word"), SPOILT, ids=[f"{c}-{w}" for _, _, c, w in SPOILT]
)
def test_what_an_answer_tells_is_judged(
    product: Product, changes: dict[str, Any], cross: str, word: str
) -> None:
    """One thing wrong is one cross, which names it."""
    checks = diagnose(facts(product, seen=observed(product, **changes)))
    assert crosses(checks) == [cross]
    assert word in next(check.message for check in checks if check.name == cross)


@pytest.mark.parametrize("minutes", [0, 3, 4.9])
def test_a_slow_answer_is_no_skew(minutes: float) -> None:
    """The host's clock may be anything between our question and its answer, and five minutes around it."""
    late = observed(clock=NOW + timedelta(minutes=4 + minutes))
    checks = diagnose(facts(seen=late, answered_at=NOW + timedelta(minutes=4)))
    assert crosses(checks) == []


@pytest.mark.parametrize(
    ("url", "names"),
    [
        (LYNC_URL, ["Lync's metadata document"]),
        (EXCHANGE_URL, ["own metadata document", "own certificate"]),
    ],
)
def test_a_document_that_the_host_cannot_fetch_is_a_cross(url: str, names: list[str]) -> None:
    """Unknown to the operator, which waits; a cross here, with where to look."""
    fault = DocumentReading(url, fault=DocumentFault.UNREACHABLE, detail="connection refused")
    documents = {**observed().documents, url: fault}
    checks = diagnose(facts(seen=observed(documents=documents)))
    assert crosses(checks) == names
    told = next(check for check in checks if check.name == names[0])
    assert told.host == HOST
    assert url in told.next_step


def test_what_kubernetes_says_comes_first() -> None:
    """Objects that cannot be used and a Secret without a logon are crosses of their own."""
    spoilt = replace(facts(), declaration=("A.", "B."), credentials="No Secret.")
    checks = diagnose(spoilt)
    assert [(check.name, check.ok) for check in checks[:3]] == [
        ("declaration", False),
        ("declaration", False),
        ("Secret", False),
    ]
