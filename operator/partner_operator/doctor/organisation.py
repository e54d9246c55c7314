"""Checks on what a successful observe run says: documents, clock, certificate, domains, replication."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from partner_operator.doctor.facts import Check, Facts, Heard, HostFacts
from partner_operator.oauth.metadata import AuthMetadata
from partner_operator.trust.certificate_check import check_document, check_own_certificates
from partner_operator.trust.conditions import Part
from partner_operator.trust.match import same, same_url
from partner_operator.trust.model import Observed, Product
from partner_operator.trust.reasons import ConditionStatus

MOST_SKEW: Final = timedelta(minutes=5)
"""Kerberos' customary tolerance ("Maximum tolerance for computer clock synchronization")."""
ISSUERS: Final = "trusted issuers"
NO_HOST = "Not reached: no host answered."


def host_checks(facts: Facts, host: HostFacts) -> Iterator[Check]:
    """What differs from host to host: the clock, and the documents as this host gets them."""
    wanted = {facts.server.auth_metadata_url: facts.server.product} | {
        partner.auth_metadata_url: partner.product for partner in facts.partners
    }
    names = {url: _document_name(url, product, facts) for url, product in wanted.items()}
    exchange = facts.server.product is Product.EXCHANGE
    if host.observed is None:
        more = (ISSUERS,) if exchange else ()
        for name in ("clock", "all entries seen", *names.values(), *more):
            yield Check(name, None, "Not reached.", host=host.host)
        return
    yield _clock(host, host.observed)
    yield _whole(host, host.observed)
    for url, product in wanted.items():
        part = check_document(host.observed.documents.get(url), product, facts.now)
        yield _judged(names[url], part, _reach(url), host.host)
    if exchange and host.heard is not None:
        yield Check(ISSUERS, *_issuers(facts, host.observed, host.heard), host=host.host)


def organisation_checks(facts: Facts) -> Iterator[Check]:
    """What is one for all hosts, as the first host that answered tells it."""
    observed = next((host.observed for host in facts.hosts if host.observed is not None), None)
    if observed is None:
        names = ["own certificate", "unlisted hosts", *_of_product(facts.server.product)]
        yield from (Check(name, None, NO_HOST) for name in names)
        return
    certificate = check_own_certificates(observed, facts.server.auth_metadata_url, facts.now)
    yield _judged("own certificate", certificate)
    yield _unlisted(facts, observed)
    if observed.product is Product.EXCHANGE:
        yield _wildcards(observed)
    if observed.product is Product.LYNC:
        yield _replication(observed)


def _issuers(facts: Facts, observed: Observed, heard: Heard) -> tuple[bool | None, str]:
    """Diagnostics only: issuers are named, not certificates, so a tick proves nothing on a rollover.

    Never a cross: that the list is of the entries which IIS works by is derived (P-S2S-4).
    """
    registered = _registered(facts, observed)
    if heard.problem:
        return None, heard.problem
    if heard.challenge is None:
        return None, (
            "Web services there offer no logon by OAuth. Look at OAuthAuthentication of the virtual directories."
        )
    challenge = heard.challenge
    missing = [
        str(product)
        for product, document in registered
        if not challenge.trusts(document.application_identifier, document.realm)
    ]
    if missing:
        return None, (
            f"IIS there does not name {', '.join(missing)} among the issuers that it trusts, though an enabled "
            "entry is there: it reads entries when it starts, so a restart of IIS may still be due."
        )
    if not registered:
        return True, "No partner is registered yet, so none is expected."
    return True, f"IIS there names {', '.join(str(product) for product, _ in registered)}."


def _registered(facts: Facts, observed: Observed) -> list[tuple[Product, AuthMetadata]]:
    """Partners with an enabled entry of the issuer that their document names. Two pools of Lync share an
    identifier, so that alone does not tell whose an entry is (rule 3).
    """
    found = []
    for partner in facts.partners:
        reading = observed.documents.get(partner.auth_metadata_url)
        document = reading.document if reading is not None else None
        if document is not None and any(
            entry.enabled
            and not entry.use_auth_server
            and same(entry.application_identifier, document.application_identifier)
            and (
                same_url(entry.metadata_url, partner.auth_metadata_url)
                or same(entry.realm, document.realm)
            )
            for entry in observed.entries
        ):
            found.append((partner.product, document))
    return found


def _document_name(url: str, product: Product, facts: Facts) -> str:
    whose = "own" if url == facts.server.auth_metadata_url else f"{product}'s"
    return f"{whose} metadata document"


def _of_product(product: Product) -> tuple[str, ...]:
    if product is Product.EXCHANGE:
        return ("wildcard accepted domains",)
    return ("replication",) if product is Product.LYNC else ()


def _reach(url: str) -> str:
    return f"Open {url} in a browser on this host: its name, TLS trust, firewall and web site."


def _judged(name: str, part: Part, next_step: str = "", host: str = "") -> Check:
    """A condition's part as a check: what the operator could not find out is a cross here."""
    ok = part.status is ConditionStatus.TRUE
    unknown = part.status is ConditionStatus.UNKNOWN
    return Check(name, ok, part.message, next_step if unknown else "", host)


def _clock(host: HostFacts, observed: Observed) -> Check:
    earliest, latest = host.asked_at or observed.clock, host.answered_at or observed.clock
    skew = _outside(observed.clock, earliest, latest)
    seconds = round(skew.total_seconds())
    if skew <= MOST_SKEW:
        return Check("clock", True, "It agrees with ours.", host=host.host)
    return Check(
        "clock",
        False,
        f"The host says {observed.clock:%Y-%m-%d %H:%M:%S} UTC, {seconds} s from ours.",
        "Mend time synchronisation there (w32tm /query /status), or where the operator runs: "
        "tokens and Kerberos tickets have validity times.",
        host.host,
    )


def _outside(instant: datetime, earliest: datetime, latest: datetime) -> timedelta:
    return max(earliest - instant, instant - latest, timedelta(0))


def _whole(host: HostFacts, observed: Observed) -> Check:
    if observed.incomplete is None:
        return Check("all entries seen", True, "The list is proven whole.", host=host.host)
    return Check(
        "all entries seen",
        False,
        observed.incomplete,
        "Until then the operator believes in no entry's absence and registers nothing.",
        host.host,
    )


def _unlisted(facts: Facts, observed: Observed) -> Check:
    listed = {host.lower() for host in facts.server.hosts}
    unlisted = sorted(
        host.fqdn
        for host in observed.discovered_hosts
        if host.needs_restart and host.fqdn.lower() not in listed
    )
    if not unlisted:
        return Check("unlisted hosts", True, "spec.hosts lists every host that needs restarts.")
    return Check(
        "unlisted hosts",
        False,
        f"The organisation also has {', '.join(unlisted)}. They are never touched.",
        "Add them to spec.hosts, or accept that IIS there reads changes by itself, minutes later.",
    )


def _wildcards(observed: Observed) -> Check:
    if not observed.wildcard_domains:
        return Check("wildcard accepted domains", True, "None without an explicit twin.")
    return Check(
        "wildcard accepted domains",
        False,
        f"{', '.join(observed.wildcard_domains)}: Exchange refuses tokens of a domain that it "
        "accepts by wildcard only (error 2000004).",
        "New-AcceptedDomain for each domain by its own name.",
    )


def _replication(observed: Observed) -> Check:
    behind = sorted(replica.fqdn for replica in observed.replicas if not replica.up_to_date)
    if not observed.replicas:
        return Check(
            "replication",
            False,
            "Get-CsManagementStoreReplicationStatus names no machine.",
            "Run it by hand on a Front End.",
        )
    if not behind:
        return Check("replication", True, f"{len(observed.replicas)} machines are up to date.")
    return Check(
        "replication",
        False,
        f"Not up to date: {', '.join(behind)}.",
        "Invoke-CsManagementStoreReplication, then look at the Replica service and port 445 there.",
    )
