"""Checks on what a successful observe run says: documents, clock, certificate, and what the product adds."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from partner_operator.doctor.facts import Check, Facts, Heard, HostFacts
from partner_operator.doctor.preparation import Preparation, see
from partner_operator.oauth.metadata import AuthMetadata
from partner_operator.oauth.token_servers import host_of
from partner_operator.trust.certificate_check import check_own_certificates, check_partner
from partner_operator.trust.conditions import Part
from partner_operator.trust.match import same, same_url
from partner_operator.trust.model import EntryKind, Observed, Partner
from partner_operator.trust.reasons import ConditionStatus

MOST_SKEW: Final = timedelta(minutes=5)
"""Kerberos' customary tolerance ("Maximum tolerance for computer clock synchronization")."""
ISSUERS: Final = "trusted issuers"
NO_HOST = "Not reached: no host answered."


def host_checks(facts: Facts, host: HostFacts) -> Iterator[Check]:
    """What differs from host to host: the clock, and the documents as this host gets them."""
    own = Partner(facts.profile, facts.server.auth_metadata_url, facts.server.key.name)
    wanted = {partner.auth_metadata_url: partner for partner in (own, *facts.partners)}
    names = {url: _document_name(url, owner, facts) for url, owner in wanted.items()}
    names_issuers = facts.rules is not None and bool(facts.rules.challenge_path)
    if host.observed is None:
        more = (ISSUERS,) if names_issuers else ()
        for name in ("clock", "all entries seen", *names.values(), *more):
            yield Check(name, None, "Not reached.", host=host.host)
        return
    yield _clock(host, host.observed)
    yield _whole(host, host.observed)
    for url, owner in wanted.items():
        part = check_partner(host.observed.documents.get(url), owner, facts.now)
        yield _judged(names[url], part, _reach(url), host.host)
    if names_issuers and host.heard is not None:
        yield Check(ISSUERS, *_issuers(facts, host.observed, host.heard), host=host.host)


def organisation_checks(facts: Facts) -> Iterator[Check]:
    """What is one for all hosts, as the first host that answered tells it."""
    observed = next((host.observed for host in facts.hosts if host.observed is not None), None)
    checks = facts.rules.checks if facts.rules is not None else ()
    if observed is None:
        names = ["own certificate", "unlisted hosts", *(name for name, _ in checks)]
        yield from (Check(name, None, NO_HOST) for name in names)
        return
    certificate = check_own_certificates(
        observed, facts.profile.mending, facts.server.auth_metadata_url, facts.now
    )
    yield _judged("own certificate", certificate)
    yield _unlisted(facts, observed)
    for name, check in checks:
        found = check(observed)
        yield Check(name, found.ok, found.message, found.next_step)


def _issuers(facts: Facts, observed: Observed, heard: Heard) -> tuple[bool | None, str]:
    """Diagnostics only: issuers are named, not certificates, so a tick proves nothing on a rollover.

    Never a cross: that the list is of the entries which IIS works by is derived (P-S2S-4).
    """
    registered = _registered(facts, observed)
    if heard.problem:
        return None, heard.problem
    if heard.challenge is None:
        hint = facts.rules.no_challenge if facts.rules is not None else ""
        return None, f"Web services there offer no logon by OAuth. {hint}".rstrip()
    challenge = heard.challenge
    missing = [
        name
        for name, document in registered
        if not challenge.trusts(document.application_identifier, document.realm)
    ]
    if missing:
        return None, (
            f"IIS there does not name {', '.join(missing)} among the issuers that it trusts, though an enabled "
            "entry is there: it reads entries when it starts, so a restart of IIS may still be due."
        )
    if not registered:
        return True, "No partner is registered yet, so none is expected."
    return True, f"IIS there names {', '.join(name for name, _ in registered)}."


def _registered(facts: Facts, observed: Observed) -> list[tuple[str, AuthMetadata]]:
    """Partners with an enabled entry of the issuer that their document names. Two pools of Lync share an
    identifier, so that alone does not tell whose an entry is (rule 3).
    """
    found = []
    for partner in facts.partners:
        if partner.behind_token_server:
            # Hosts name the token servers that they trust, and no application behind one.
            continue
        reading = observed.documents.get(partner.auth_metadata_url)
        document = reading.document if reading is not None else None
        if document is not None and any(
            entry.enabled
            and entry.kind is EntryKind.OWN_KEYS
            and same(entry.application_identifier, document.application_identifier)
            and (
                same_url(entry.metadata_url, partner.auth_metadata_url)
                or same(entry.realm, document.realm)
            )
            for entry in observed.entries
        ):
            found.append((partner.name, document))
    return found


def _document_name(url: str, owner: Partner, facts: Facts) -> str:
    if owner.behind_token_server:
        return f"metadata document of the token server {host_of(url)}"
    whose = "own" if url == facts.server.auth_metadata_url else f"{owner.name}'s"
    return f"{whose} metadata document"


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
        see(
            "Mend time synchronisation there (w32tm /query /status), or where the operator runs: "
            "tokens and Kerberos tickets have validity times.",
            Preparation.CLOCK,
        ),
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
        f"The organisation also has {', '.join(unlisted)}. The operator never touches them.",
        "Add them to spec.hosts, or accept that IIS there reads changes by itself, minutes later.",
    )
