"""One examination: read the objects, try the way to each host, observe there, and change nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime

from partner_operator.doctor.facts import Facts, Failure, Heard, HostFacts, Shell, Way
from partner_operator.engine.ports import (
    Clock,
    Credentials,
    CredentialsProblem,
    DeclaredServer,
    Operations,
    Reader,
    RunFailed,
    ServerName,
    Session,
)
from partner_operator.trust.logon import is_refused, key_of
from partner_operator.trust.model import DesiredServer, Partner, Product
from partner_operator.trust.product import Catalog
from partner_operator.trust.reasons import Reason

Prober = Callable[[DesiredServer, str], Way]
"""Tries the way to one host, without a logon. Blocks; it is called on a thread."""
Listener = Callable[[DesiredServer, str, str], Heard]
"""Asks the web service at this path of a host without a logon. Blocks; it is called on a thread."""


class NoSuchServer(Exception):
    """There is no PartnerServer of this name; the message says so."""


async def examine(
    name: ServerName,
    *,
    reader: Reader,
    operations: Mapping[Product, Operations],
    catalog: Catalog,
    prober: Prober,
    listener: Listener,
    shells: Mapping[str, Shell],
    clock: Clock,
) -> Facts:
    """Learn everything that the checks look at. Raises NoSuchServer, and what the reader raises.

    `shells`: the PowerShell that answered by host, filled by whoever runs the remote runs.
    """
    declared = await reader.server(name)
    if declared is None:
        raise NoSuchServer(
            f"PartnerServer {name.name} does not exist in namespace {name.namespace}."
        )
    credentials, problem = await _credentials(reader, declared)
    partners = _partners(declared)
    product = declared.desired.product
    served, rules = operations.get(product), catalog.rules.get(product)
    usable = declared.problem is None and served is not None and credentials is not None
    found: list[HostFacts] = []
    refused = ""
    for host in declared.desired.hosts:
        way = await asyncio.to_thread(prober, declared.desired, host)
        facts = HostFacts(host, way)
        if way.is_open and (refused or not usable):
            facts = HostFacts(host, way, not_tried=refused or "Not tried: see above.")
        elif way.is_open and credentials is not None and served is not None:
            session = served.on(declared.desired, credentials, host)
            facts = await _observe(session, declared, facts, partners, shells, clock)
            rejected = facts.failure and facts.failure.reason is Reason.CREDENTIALS_REJECTED
            if rejected or session.logon_refused:
                refused = f"Not tried, so that the account is not locked: {host} refused the logon."
            if facts.observed and rules is not None and rules.challenge_path:
                heard = await asyncio.to_thread(
                    listener, declared.desired, host, rules.challenge_path
                )
                facts = replace(facts, heard=heard)
        found.append(facts)
    return Facts(
        server=declared.desired,
        profile=catalog.partners[product],
        rules=rules,
        declaration=_declaration(declared, served is not None),
        credentials=problem,
        partners=partners,
        hosts=tuple(found),
        now=clock.now(),
    )


async def _credentials(
    reader: Reader, declared: DeclaredServer
) -> tuple[Credentials | None, str | None]:
    """A logon that may be tried, or why there is none."""
    try:
        credentials = await reader.credentials(declared.desired)
    except CredentialsProblem as problem:
        return None, problem.obstacle.message
    known = declared.status.logon
    key = key_of(declared.desired, credentials.digest, credentials.version)
    if known is not None and is_refused(known, key):
        return None, (
            f"The operator was refused with this logon already, so it is not tried here: the account could be locked. "
            f"{known.refusal} To have the operator try it once more: partner-operator reconcile "
            f"pserver/{declared.desired.key.name} -n {declared.desired.key.namespace}"
        )
    return credentials, None


def _partners(declared: DeclaredServer) -> tuple[Partner, ...]:
    """Whom the server shall trust, each document once."""
    partners = {
        application.desired.partner.auth_metadata_url: application.desired.partner
        for application in declared.applications
        if application.blocker is None and not application.desired.deleting
    }
    return tuple(partners.values())


def _declaration(declared: DeclaredServer, served: bool) -> tuple[str, ...]:
    sentences = [declared.problem.message] if declared.problem is not None else []
    if not served:
        sentences.append(f"This version of the operator does not serve {declared.desired.product}.")
    sentences += [
        f"PartnerApplication {application.desired.key.name}: {application.blocker.message}"
        for application in declared.applications
        if application.blocker is not None
    ]
    return tuple(sentences)


async def _observe(
    session: Session,
    declared: DeclaredServer,
    facts: HostFacts,
    partners: tuple[Partner, ...],
    shells: Mapping[str, Shell],
    clock: Clock,
) -> HostFacts:
    """The one remote run, which reads only."""
    urls = [declared.desired.auth_metadata_url]
    urls += [url for partner in partners if (url := partner.auth_metadata_url) not in urls]
    asked_at: datetime = clock.now()
    try:
        observed = await session.observe(tuple(urls), declared.status.domain_controller)
    except RunFailed as failed:
        found = failed.obstacle
        failure = Failure(failed.step, found.reason, found.message)
        return HostFacts(facts.host, facts.way, failure=failure)
    return HostFacts(
        facts.host,
        facts.way,
        observed=observed,
        powershell=shells.get(facts.host),
        asked_at=asked_at,
        answered_at=clock.now(),
    )
