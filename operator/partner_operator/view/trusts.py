"""A PartnerApplication, for people: one server trusts one partner."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from urllib.parse import urlsplit

from partner_operator.trust.reasons import ConditionStatus, ConditionType
from partner_operator.view.certificates import Certificate, of_partner
from partner_operator.view.raw import Raw, instant, number, part, parts, text, texts
from partner_operator.view.states import Told, told_of
from partner_operator.view.waits import Wait, wait_of


class PartnerKind(Enum):
    """How a partner is declared."""

    NAMED = "a PartnerServer"
    BY_URL = "a partner by URL"
    BEHIND_TOKEN_SERVER = "an application behind a token server"  # noqa: S105 - words, no password


@dataclass(frozen=True, slots=True)
class Partner:
    """Whom a server trusts."""

    kind: PartnerKind
    label: str
    """A few words to call it by: the PartnerServer's name, the host of its URL, its identity or identifier."""
    product: str
    url: str
    """Where its document is; of the token server, where it is behind one."""


@dataclass(frozen=True, slots=True)
class Past:
    """One earlier test."""

    at: datetime | None
    passed: bool | None


@dataclass(frozen=True, slots=True)
class Test:
    """The last connectivity test."""

    passed: bool | None
    """None: declared, and not run yet; or its result is an unknown word."""
    at: datetime | None
    latency: str
    message: str
    failures: int
    succeeded_at: datetime | None
    history: tuple[Past, ...]
    """The oldest first."""


@dataclass(frozen=True, slots=True)
class Trust:
    """`server` trusts `partner`."""

    namespace: str
    name: str
    server: str
    """The PartnerServer's name."""
    partner: Partner
    mode: str
    identity: str
    """The entry's name on the server; empty while there is none."""
    told: Told
    active_since: datetime | None
    """Since when hosts run with the last change."""
    certificate: Certificate | None
    """The partner's."""
    test: Test | None
    """None: no test is declared and none was run."""
    wait: Wait | None
    plan: tuple[str, ...]
    counterpart: str
    """The object of the other direction; empty where none is known."""


def trust_of(body: Raw, now: datetime) -> Trust:
    """The trust that this object declares."""
    told = told_of(body, now)
    activated = told.condition(ConditionType.ACTIVATED)
    active = activated is not None and activated.status == ConditionStatus.TRUE
    return Trust(
        namespace=text(body, "metadata", "namespace"),
        name=text(body, "metadata", "name"),
        server=text(body, "spec", "serverRef", "name"),
        partner=_partner(body),
        mode=text(body, "spec", "mode") or "Enforce",
        identity=text(body, "status", "registration", "identity"),
        told=told,
        active_since=activated.since if activated is not None and active else None,
        certificate=of_partner(body, now),
        test=_test(body),
        wait=wait_of(body, told),
        plan=texts(body, "status", "plan"),
        counterpart=text(body, "status", "counterpart", "name"),
    )


def _partner(body: Raw) -> Partner:
    named = text(body, "spec", "partnerRef", "name")
    declared = part(body, "spec", "partner")
    if named:
        return Partner(PartnerKind.NAMED, named, "", "")
    token_server = text(declared, "tokenServer", "authMetadataUrl")
    if token_server:
        label = text(body, "spec", "identity") or text(body, "status", "registration", "identity")
        label = label or text(declared, "applicationIdentifier") or text(body, "metadata", "name")
        return Partner(PartnerKind.BEHIND_TOKEN_SERVER, label, "", token_server)
    url = text(declared, "authMetadataUrl")
    label = _host(url) or text(body, "metadata", "name")
    return Partner(PartnerKind.BY_URL, label, text(declared, "product"), url)


def _host(url: str) -> str:
    try:
        return urlsplit(url).netloc.rpartition("@")[2]
    except ValueError:
        return ""


def _test(body: Raw) -> Test | None:
    said = part(body, "status", "connectivity")
    declared = (part(body, "spec", block, "connectivityTest") for block in ("lync", "exchange"))
    if not said and not any(declared):
        return None
    return Test(
        passed=_passed(said),
        at=instant(said, "lastTestedAt"),
        latency=text(said, "latency"),
        message=text(said, "message"),
        failures=max(0, number(said, "failures") or 0),
        succeeded_at=instant(said, "lastSucceededAt"),
        history=tuple(Past(instant(each, "at"), _passed(each)) for each in parts(said, "history")),
    )


def _passed(raw: Raw) -> bool | None:
    return {"Passed": True, "Failed": False}.get(text(raw, "result"))
