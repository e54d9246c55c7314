"""Exchange's operations: what their scripts answer, call and leave behind."""

from __future__ import annotations

import base64
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from partner_simulator.embedded import exchange_token_servers, failures, iis, items, warned, web
from partner_simulator.embedded.configure import configure, new_entry
from partner_simulator.embedded.exchange_session import (
    Exchange,
    check_entry,
    entries_before,
    find_users,
    reference_of,
    session,
)
from partner_simulator.embedded.failures import Failed
from partner_simulator.embedded.plain import (
    decoded,
    first,
    instant,
    listed,
    prop,
    same,
    same_url,
    shown,
    text,
    thumbprint,
)
from partner_simulator.embedded.run import Run
from partner_simulator.ports import PsObject

_TEST = "Test-OAuthConnectivity"
_LONGEST_DETAIL = 8000
_NOT_GIVEN = tuple(
    f"System.Management.Automation.{name}Exception"
    for name in ("CommandNotFound", "ParameterBinding")
)


def observe(run: Run) -> Mapping[str, Any]:
    """Everything that decisions need."""
    exchange = session(run)
    organization = _organization(exchange)
    controller = text(organization, "OriginatingServer")
    exchange = replace(exchange, controller=controller)
    read = exchange.told("Get-PartnerApplication")
    about, others = warned.split(read)
    entries = [
        _entry(entry) | {"warning": told} for entry, told in zip(read.objects, about, strict=True)
    ]
    roles = [
        str(name)
        for name in run.asked("roles") or ()
        for role in exchange.found("Get-ManagementRole", Identity=name)
        if same(prop(role, "Name"), name)
    ]
    page = web.page(run, entries, 150)
    _accounts(exchange, page.entries, roles)
    config = first(exchange("Get-AuthConfig"))
    named = {
        which: text(config, f"{which.title()}CertificateThumbprint")
        for which in ("current", "previous", "next")
    }
    certificates, fault = _certificates(exchange, list(named.values()))
    servers = exchange("Get-ExchangeServer")
    own = [server for server in servers if same(prop(server, "Fqdn"), run.asked("host"))]
    token_servers, token_servers_fault = exchange_token_servers.told(exchange)
    accounts = list(_counted(exchange))
    domains = exchange("Get-AcceptedDomain")
    return {
        "product": "Exchange",
        "version": text(own[-1], "AdminDisplayVersion") if own else "",
        "organization": text(organization, "DistinguishedName"),
        "controller": controller,
        "entries": page.entries,
        "after": page.after,
        "warnings": others,
        "roles": roles,
        **named,
        "nextEffectiveAt": instant(prop(config, "NextCertificateEffectiveDate")),
        "certificates": certificates,
        "certificateFault": fault,
        "hosts": [_host(server) for server in servers],
        "domains": [text(domain, "DomainName") for domain in domains],
        "accounts": accounts,
        "tokenServers": token_servers,
        "tokenServersFault": token_servers_fault,
        "documents": web.documents(run, page.size),
    }


def _counted(exchange: Exchange) -> Iterator[dict[str, Any]]:
    """How many accounts there are of each name that is asked for; nothing of one that cannot be looked up."""
    for name in exchange.run.asked("accounts") or ():
        try:
            users, _ = find_users(exchange, name)
        except Failed:
            continue
        yield {"name": name, "count": len(users)}


def _organization(exchange: Exchange) -> PsObject | None:
    """From the controller of last time while it answers, else from any."""
    found: list[PsObject] = []
    if exchange.controller:
        try:
            found = exchange("Get-OrganizationConfig")
        except Failed:
            found = []
    return first(found or replace(exchange, controller="")("Get-OrganizationConfig"))


def _entry(entry: PsObject) -> dict[str, Any]:
    return {
        **shown(
            entry,
            "name=Name applicationIdentifier=ApplicationIdentifier realm=Realm"
            " issuer=IssuerIdentifier metadataUrl=AuthMetadataUrl",
            "enabled=Enabled acceptsSecurityIdentifiers=AcceptSecurityIdentifierInformation"
            " useAuthServer=UseAuthServer",
            "changedAt=WhenChangedUTC",
        ),
        "reference": reference_of(entry),
        "thumbprints": [
            thumbprint(decoded(one)) for one in prop(entry, "CertificateStrings") or ()
        ],
        "account": text(entry, "LinkedAccount"),
    }


def _accounts(exchange: Exchange, entries: list[dict[str, Any]], available: list[str]) -> None:
    """The account of each entry in the place of its name, with its roles unless a token server vouches."""
    direct: dict[str, list[str]] | None = None
    asked: dict[str, dict[str, Any] | None] = {}
    for entry in entries:
        name = entry["account"]
        entry["account"] = {"name": name, "roles": []} if name else None
        if not name or entry["useAuthServer"]:
            continue
        direct = _direct_roles(exchange) if direct is None else direct
        needed = [
            role
            for partner in exchange.run.asked("needed") or ()
            if same(partner["identifier"], entry["applicationIdentifier"])
            for role in partner["roles"]
            if listed(available, role)
        ]
        given = direct.get(name.upper())
        if given is not None and all(listed(given, role) for role in needed):
            entry["account"] = {"name": name, "roles": given}
            continue
        if name.upper() not in asked:
            asked[name.upper()] = _account(exchange, name)
        entry["account"] = asked[name.upper()]


def _direct_roles(exchange: Exchange) -> dict[str, list[str]]:
    """Roles that accounts have by themselves, by name; none where they cannot be asked for."""
    usable = {"Enabled": True, "Delegating": False}
    roles: dict[str, list[str]] = {}
    try:
        found = exchange("Get-ManagementRoleAssignment", RoleAssigneeType="User", **usable)
    except Failed:
        found = []
    for one in found:
        roles.setdefault(text(one, "RoleAssignee").upper(), []).append(text(one, "Role"))
    return roles


def _account(exchange: Exchange, name: str) -> dict[str, Any] | None:
    """An account with its roles; None: it is gone."""
    users, place = find_users(exchange, name)
    if not users:
        return None
    try:
        return {"name": name, "roles": _roles(place, name)}
    except Failed as failed:
        if failed.not_found:
            return None
        raise


def _roles(exchange: Exchange, account: str) -> list[str]:
    """Those that it can use, and not only delegate."""
    usable = {"Enabled": True, "Delegating": False}
    assignments = exchange("Get-ManagementRoleAssignment", RoleAssignee=account, **usable)
    return [text(assignment, "Role") for assignment in assignments]


def _certificates(exchange: Exchange, named: list[str]) -> tuple[list[dict[str, Any]], str]:
    """The named certificates, and why there are none if so."""
    try:
        stored = exchange("Get-ExchangeCertificate", Server=exchange.run.asked("host"))
    except Failed as failed:
        return [], failed.message
    found = [
        {
            "thumbprint": text(one, "Thumbprint"),
            "der": base64.b64encode(prop(one, "RawData")).decode("ascii"),
        }
        for one in stored
        if listed(named, prop(one, "Thumbprint"))
    ]
    return found, "" if stored else "Get-ExchangeCertificate returns nothing."


def _host(server: PsObject) -> dict[str, Any]:
    loads = prop(server, "IsMailboxServer") or prop(server, "IsClientAccessServer")
    restarts = prop(server, "IsE15OrLater") is not False and bool(loads)
    return shown(server, "fqdn=Fqdn", "edge=IsEdgeServer") | {"restarts": restarts}


def register(exchange: Exchange) -> Mapping[str, Any]:
    """Make an entry for the partner by Exchange's own script, unless there is one."""
    run = exchange.run
    wanted = run.text("identity")
    before = entries_before(exchange)
    _, doubts = warned.split(before)
    if doubts:
        raise failures.thrown(f"The list of partner applications is not whole: {doubts[0]}")
    ours = [entry for entry in before.objects if _of_partner(run, entry)]
    if ours:
        return {"existing": reference_of(ours[-1]), "created": "", "configured": False}
    if any(same(prop(entry, "Name"), wanted) for entry in before.objects):
        raise failures.thrown(
            f"There is another partner application of the name {wanted}, so nothing was made."
        )
    kind = (run.text("accountName"), exchange.controller, *(run.asked("roles") or ()))
    account, place = _fit_account(exchange, kind)
    shown_there = place.controller == exchange.controller
    if account:
        linked = account if shown_there else ""
        new_entry(exchange, wanted, run.text("metadataUrl"), linked)
    else:
        for line in configure(exchange, run.text("metadataUrl"), run.text("applicationType")):
            run.say(f"\n{line}")
    known = {reference_of(entry) for entry in before.objects}
    after = exchange.told("Get-PartnerApplication")
    made = [
        entry
        for entry in after.objects
        if reference_of(entry) not in known and _of_partner(run, entry)
    ]
    created = reference_of(made[0]) if len(made) == 1 else ""
    if created and not account:
        exchange("Set-PartnerApplication", Identity=created, Name=wanted)
    elif created and not shown_there:
        place("Set-PartnerApplication", Identity=created, LinkedAccount=account)
    if created and account:
        exchange.left.entries = exchange.controller, after
        exchange.left.account = kind, account, place
    return {"existing": "", "created": created, "configured": not account}


def _fit_account(exchange: Exchange, kind: tuple[str, ...]) -> tuple[str, Exchange]:
    """The linked account with all roles of the partner where it is there, and the session that shows it."""
    known, exchange.left.account = exchange.left.account, None
    if known is not None and [*map(str.upper, known[0])] == [*map(str.upper, kind)]:
        _, account, place = known
        return account, replace(place, run=exchange.run)
    account, place = _known_account(exchange, kind[0])
    if account:
        _add_roles(place, account)
    return account, place


def _known_account(exchange: Exchange, name: str) -> tuple[str, Exchange]:
    """The linked account where it is there already and fit for it, else empty; and the session that shows it."""
    users, place = find_users(exchange, name)
    if len(users) > 1:
        raise failures.thrown(
            f"There are several accounts named {name}, so nothing was made. Leave one of them."
        )
    kind, identity = (text(first(users), name) for name in ("RecipientType", "Identity"))
    if kind in ("MailUser", "User"):
        return identity, place
    if users and place.controller != exchange.controller:
        raise failures.thrown(
            f"The account {identity} of another domain is of the kind {kind} and cannot be linked, so nothing was "
            "made. Rename it."
        )
    return "", place


def _of_partner(run: Run, entry: PsObject) -> bool:
    identifier = prop(entry, "ApplicationIdentifier")
    if prop(entry, "UseAuthServer") or not same(identifier, run.asked("applicationIdentifier")):
        return False
    realm = text(entry, "Realm")
    of_realm = realm != "" and same(realm, run.asked("realm"))
    return of_realm or same_url(prop(entry, "AuthMetadataUrl"), run.asked("metadataUrl"))


def update(exchange: Exchange) -> Mapping[str, Any]:
    """Change of an entry only what was asked for."""
    run = exchange.run
    account, name = run.text("account"), run.text("name")
    check_entry(run, exchange, behind=False)
    place = exchange
    if run.asked("repairAccount"):
        account, place = _repaired(exchange, run.text("accountName"))
    elif run.asked("roles"):
        _, place = find_users(exchange, account)
    if run.asked("roles"):
        _add_roles(place, account)
    if run.asked("repairAccount"):
        place("Set-PartnerApplication", Identity=run.text("reference"), LinkedAccount=account)
    for wanted, parameters in (
        (run.asked("setUrl"), {"AuthMetadataUrl": run.asked("metadataUrl")}),
        (run.asked("refresh"), {"RefreshAuthMetadata": True}),
        (run.asked("accept"), {"AcceptSecurityIdentifierInformation": True}),
        (run.asked("enable"), {"Enabled": True}),
        (name, {"Name": name}),
    ):
        if wanted:
            exchange("Set-PartnerApplication", Identity=run.text("reference"), **parameters)
    return {"account": account}


def _add_roles(exchange: Exchange, account: str) -> None:
    """Give an account the roles of the request that it cannot use yet."""
    usable = _roles(exchange, account)
    for role in exchange.run.asked("roles") or ():
        if not listed(usable, role):
            name = _free_name(exchange, account, role)
            exchange("New-ManagementRoleAssignment", Name=name, Role=role, User=account)


def _free_name(exchange: Exchange, account: str, role: str) -> str:
    """A name for one more assignment of a role, beside those that give nothing."""
    known = exchange("Get-ManagementRoleAssignment", Role=role)
    taken = [text(assignment, "Name") for assignment in known]
    name = beginning = f"{role}-{account.rpartition('/')[2]}"[:60]
    number = 2
    while listed(taken, name):
        name, number = f"{beginning}-{number}", number + 1
    return name


def _repaired(exchange: Exchange, name: str) -> tuple[str, Exchange]:
    """The account of this name, made if it is gone, and the session that shows it."""
    found, place = find_users(exchange, name)
    if len(found) > 1:
        raise failures.thrown(
            f"There are several accounts named {name}, so none was linked. Leave one of them."
        )
    if not found:
        address = f"{name}@{_mail_domain(exchange)}"
        exchange("New-MailUser", Name=name, ExternalEmailAddress=address)
        exchange("Set-MailUser", Identity=name, HiddenFromAddressListsEnabled=True)
        found = exchange("Get-User", Identity=name)
    return text(found[0], "Identity"), place


def _mail_domain(exchange: Exchange) -> str:
    """The default accepted domain, else the first that is one domain and no pattern. Raises Failed."""
    chosen = ""
    for accepted in exchange("Get-AcceptedDomain"):
        domain = text(accepted, "DomainName")
        if domain and not domain.startswith("*") and (not chosen or prop(accepted, "Default")):
            chosen = domain
    if not chosen:
        raise failures.thrown(
            "There is no accepted domain for an address, so the linked account cannot be made."
        )
    return chosen


def remove(run: Run) -> Mapping[str, Any]:
    """Remove the entry of this reference, if it is listed, of its kind, and still for the same partner."""
    exchange, removed = session(run), False
    for entry in exchange.told("Get-PartnerApplication").objects:
        reference, identifier = reference_of(entry), prop(entry, "ApplicationIdentifier")
        of_kind = bool(prop(entry, "UseAuthServer")) is bool(run.asked("useAuthServer"))
        ours = of_kind and same(reference, run.asked("reference"))
        if ours and same(identifier, run.asked("applicationIdentifier")):
            exchange("Remove-PartnerApplication", Identity=reference)
            removed = True
    return {"removed": removed}


def test(run: Run) -> Mapping[str, Any]:
    """Run Test-OAuthConnectivity: what came of it, and what it complained of."""
    mailbox = run.text("mailbox")
    who: dict[str, Any] = {"Mailbox": mailbox} if mailbox else {"AppOnly": True}
    asked = {"Service": "Generic", "TargetUri": run.text("url"), "ReloadConfig": True, **who}
    exchange, started = session(run), time.monotonic()
    answer: dict[str, Any] = {"results": [], "problems": []}
    try:
        told = exchange.told(_TEST, stops=False, **asked)
        answer["results"] = [
            {"type": text(one, "ResultType"), "detail": text(one, "Detail")[-_LONGEST_DETAIL:]}
            for one in told.objects
        ]
        answer["problems"] = [error.message for error in told.errors]
    except Failed as failed:
        if failed.exception_type in _NOT_GIVEN:
            raise
        answer["problems"] = [failed.message]
    return {**answer, "milliseconds": int(1000 * (time.monotonic() - started))}


def host_state(run: Run) -> Mapping[str, Any]:
    """A look at IIS of this host."""
    return iis.host_state(run, "MSExchange")


STEPS: Mapping[str, Callable[[Exchange], Mapping[str, Any]]] = {
    "register": register,
    "update": update,
    **exchange_token_servers.STEPS,
}


def apply(run: Run) -> Mapping[str, Any]:
    """Make changes in turn, all in one inner session."""
    opened = session(run)

    def in_session(step: Callable[[Exchange], Mapping[str, Any]]) -> items.Step:
        return lambda part: step(replace(opened, run=part, controller=part.text("controller")))

    return items.make_all(run, {name: in_session(step) for name, step in STEPS.items()})


OPERATIONS = {
    "exchange/observe": observe,
    "exchange/apply": apply,
    "exchange/documents": web.fetch,
    "exchange/remove": remove,
    "exchange/test": test,
    "exchange/host_state": host_state,
    "exchange/restart": iis.restart,
}
