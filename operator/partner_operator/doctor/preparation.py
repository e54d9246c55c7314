"""The steps of docs/prepare-windows.md, by the anchors of their headings: a finding names the step that is missing."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from partner_operator.doctor.facts import Facts, Failure
from partner_operator.engine.ports import Step
from partner_operator.trust.model import Authentication
from partner_operator.trust.reasons import Reason

PAGE: Final = "docs/prepare-windows.md"


class Preparation(StrEnum):
    """What is done on a host before the operator can work there, in the page's order."""

    CERTIFICATE = "the-certificate"
    LISTENER = "the-listener"
    FIREWALL = "the-firewall"
    CREDSSP = "credssp"
    ACCOUNT = "the-account"
    ENDPOINT = "exchanges-own-endpoint"
    SHELLS = "shells"
    POWERSHELL = "powershell"
    CLOCK = "the-clock"


def see(advice: str, *steps: Preparation) -> str:
    """The advice, and where the page says more."""
    if not steps:
        return advice
    places = " and ".join(f"{PAGE}#{step}" for step in steps)
    return f"{advice} See {places}."


def missing_for(step: Step, failure: Failure, facts: Facts) -> tuple[Preparation, ...]:
    """What a run that failed at this step lacked on the host. None: it is no matter of preparing hosts."""
    match step:
        case Step.LOGON if failure.reason is Reason.FORBIDDEN:
            credssp = facts.server.authentication is Authentication.CREDSSP
            return (Preparation.CREDSSP if credssp else Preparation.LISTENER,)
        case Step.LOGON if failure.reason is Reason.CREDENTIALS_REJECTED:
            return (Preparation.ACCOUNT,)
        case Step.SHELL if failure.reason is Reason.FORBIDDEN:
            return (Preparation.ACCOUNT,)
        case Step.SHELL if failure.reason is Reason.QUOTA_EXCEEDED:
            return (Preparation.SHELLS,)
        case Step.LOGON | Step.SHELL:
            return (Preparation.LISTENER,)
        case Step.POWERSHELL:
            return (Preparation.POWERSHELL,)
        case Step.SECOND_HOP:
            inner = facts.rules is not None and bool(facts.rules.second_hop)
            return (Preparation.ENDPOINT if inner else Preparation.CREDSSP,)
        case Step.RIGHTS:
            return (Preparation.ACCOUNT,)
    return ()
