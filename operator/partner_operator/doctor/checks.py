"""The checks: facts in, a list of ticks and crosses out. Nothing here asks anybody anything."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final

from partner_operator.doctor.facts import Check, Facts, Failure, HostFacts, Probe
from partner_operator.doctor.organisation import host_checks, organisation_checks
from partner_operator.doctor.preparation import Preparation, missing_for, see
from partner_operator.engine.ports import Step
from partner_operator.trust.model import Authentication
from partner_operator.trust.reasons import Reason

PRODUCTS_BITS: Final = 64
"""Exchange, Lync and Skype for Business run on 64-bit Windows only."""
NOT_REACHED: Final = "Not reached."

LADDER: Final[Mapping[str, Step]] = MappingProxyType(
    {
        "logon": Step.LOGON,
        "shell": Step.SHELL,
        "PowerShell and its language mode": Step.POWERSHELL,
        "mutex free": Step.MUTEX,
        "product module": Step.MODULE,
        "second hop": Step.SECOND_HOP,
        "rights": Step.RIGHTS,
        "reading": Step.WORK,
    }
)
"""Checks that one observe run answers, in the order in which a run takes these steps."""

_ORDER = tuple(Step)

_PROVES_LITTLE: Final[Mapping[Reason, Step]] = MappingProxyType(
    {
        Reason.OUTCOME_UNKNOWN: Step.POWERSHELL,
        Reason.PROTOCOL_ERROR: Step.LOGON,
    }
)
"""Failures that say nothing about the steps from this one on: what answered, or how far it came, is open."""

NEXT_STEPS: Final[Mapping[Step, str]] = MappingProxyType(
    {
        Step.LOGON: "Check the Secret, the account, and winrm.authentication.",
        Step.SHELL: "On the host: winrm enumerate winrm/config/listener, and winrm get winrm/config/winrs.",
        Step.POWERSHELL: "PowerShell must run there for this account in full language mode.",
        Step.MUTEX: "Another run of the operator, or of the doctor, is at work there: wait, then ask again.",
        Step.MODULE: "Compare spec.product and spec.hosts with what is installed there.",
        Step.SECOND_HOP: "See the second hop in docs/security.md.",
        Step.RIGHTS: "Give the account the role; see docs/security.md.",
        Step.WORK: "Run the same cmdlets by hand there, logged on as this account.",
    }
)


def diagnose(facts: Facts) -> tuple[Check, ...]:
    """All checks, in the order in which things depend on each other."""
    return (
        *_kubernetes(facts),
        *(check for host in facts.hosts for check in _host(facts, host)),
        *organisation_checks(facts),
    )


def healthy(checks: tuple[Check, ...]) -> bool:
    """Whether there is no cross."""
    return all(check.ok is not False for check in checks)


def _kubernetes(facts: Facts) -> Iterator[Check]:
    if facts.declaration:
        for sentence in facts.declaration:
            yield Check("declaration", False, sentence, "Change the object.")
    else:
        yield Check("declaration", True, "The objects can be used.")
    if facts.credentials is None:
        yield Check("Secret", True, "It holds a user name and a password.")
    else:
        yield Check("Secret", False, facts.credentials)


def _host(facts: Facts, host: HostFacts) -> Iterator[Check]:
    way = host.way
    yield _probed("DNS", way.names, host, "Mend spec.hosts, or the cluster's DNS.")
    yield _probed("TCP", way.port, host, "Check winrm.port.")
    yield _probed(
        "TLS",
        way.tls,
        host,
        see(
            "On the host: winrm enumerate winrm/config/listener shows the certificate and the port.",
            Preparation.LISTENER,
        ),
    )
    yield from _ladder(facts, host)
    yield from host_checks(facts, host)


def _probed(name: str, probe: Probe | None, host: HostFacts, next_step: str) -> Check:
    if probe is None:
        return Check(name, None, NOT_REACHED, host=host.host)
    advice = "" if probe.ok else probe.next_step or next_step
    return Check(name, probe.ok, probe.message, advice, host.host)


def _ladder(facts: Facts, host: HostFacts) -> Iterator[Check]:
    """Ticks up to the step at which the run failed, its cross, and nothing known behind it."""
    for name, step in LADDER.items():
        if host.observed is not None and step is Step.POWERSHELL:
            yield _powershell(name, host)
        elif host.observed is not None:
            yield Check(name, True, _proof(step, facts, host), host=host.host)
        elif host.failure is None:
            yield Check(name, None, host.not_tried or NOT_REACHED, host=host.host)
        else:
            yield _against(name, step, _fallen(facts, host.failure), facts, host)


def _fallen(facts: Facts, failure: Failure) -> Failure:
    """The failure at the step at which the list shows it."""
    server = facts.server
    if failure.step in {Step.CONNECT, Step.TLS}:
        # The probes went through, so this is what WinRM's own connection made of it.
        return Failure(Step.LOGON, failure.reason, failure.message)
    if failure.step is Step.WORK and _lacks_delegation(facts, failure):
        hint = (
            f"{server.product}'s cmdlets ask the directory as the account, which a logon by "
            f"{server.authentication} does not allow: set winrm.authentication to CredSSP."
        )
        return Failure(Step.SECOND_HOP, failure.reason, f"{failure.message} {hint}")
    return failure


def _lacks_delegation(facts: Facts, failure: Failure) -> bool:
    inner_session = facts.rules is not None and bool(facts.rules.second_hop)
    return (
        not inner_session
        and facts.server.authentication is Authentication.NTLM
        and failure.reason is Reason.REMOTE_ERROR
    )


def _against(name: str, step: Step, failure: Failure, facts: Facts, host: HostFacts) -> Check:
    mine, fallen = _ORDER.index(step), _ORDER.index(failure.step)
    if mine == fallen:
        next_step = see(NEXT_STEPS[step], *missing_for(step, failure, facts))
        return Check(name, False, failure.message, next_step, host.host)
    unproven = _PROVES_LITTLE.get(failure.reason)
    if mine > fallen or (unproven is not None and mine >= _ORDER.index(unproven)):
        return Check(name, None, NOT_REACHED, host=host.host)
    return Check(name, True, "Passed on the way to the failure below.", host=host.host)


def _powershell(name: str, host: HostFacts) -> Check:
    shell = host.powershell
    if shell is None:
        return Check(name, True, "Full language mode.", host=host.host)
    sentence = f"Version {shell.version or 'not told'}, {shell.bits} bits, full language mode."
    if shell.bits == PRODUCTS_BITS:
        return Check(name, True, sentence, host=host.host)
    return Check(
        name,
        False,
        f"{sentence} The products' cmdlets are not made for it.",
        see(
            "WinRM must find System32's powershell.exe first: look at the account's PATH there.",
            Preparation.POWERSHELL,
        ),
        host.host,
    )


def _proof(step: Step, facts: Facts, host: HostFacts) -> str:
    assert host.observed is not None
    match step:
        case Step.LOGON:
            return f"{facts.server.authentication} was accepted."
        case Step.SHELL:
            return "A command ran."
        case Step.MUTEX:
            return "It was taken and given back."
        case Step.MODULE:
            return f"{host.observed.called} {host.observed.product_version}".strip() + "."
        case Step.SECOND_HOP if facts.rules is not None and facts.rules.second_hop:
            return facts.rules.second_hop
        case Step.SECOND_HOP:
            return f"{host.observed.called}'s cmdlets could use the logon."
        case Step.RIGHTS:
            return "Every cmdlet that reads may be used. Those that write are not tried."
        case _:
            return f"{len(host.observed.entries)} partner applications were read."
