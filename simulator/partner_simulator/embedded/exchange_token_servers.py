"""Token servers that Exchange trusts, and the applications that they vouch for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from partner_simulator.embedded import failures, warned
from partner_simulator.embedded.exchange_session import (
    Exchange,
    check_entry,
    entries_before,
    find_users,
    reference_of,
)
from partner_simulator.embedded.failures import Failed
from partner_simulator.embedded.plain import prop, same, same_url, shown
from partner_simulator.embedded.run import Run
from partner_simulator.ports import PsObject


def told(exchange: Exchange) -> tuple[list[dict[str, Any]], str]:
    """All of them, and why they are not known if so."""
    try:
        read = exchange.told("Get-AuthServer")
    except Failed as failed:
        return [], failed.message
    about, others = warned.split(read)
    servers = [
        _server(one) | {"warning": said} for one, said in zip(read.objects, about, strict=True)
    ]
    return servers, f"Get-AuthServer warned: {others[0]}" if others else ""


def _server(one: PsObject) -> dict[str, Any]:
    texts = "name=Name metadataUrl=AuthMetadataUrl issuer=IssuerIdentifier realm=Realm type=Type"
    certificates = list(prop(one, "CertificateStrings") or ())
    return {
        **shown(one, texts, "enabled=Enabled"),
        "reference": reference_of(one),
        "certificates": certificates,
    }


def register(exchange: Exchange) -> Mapping[str, Any]:
    """Make an entry for an application that uses token servers, unless there is one."""
    run = exchange.run
    wanted = run.text("identity")
    before = entries_before(exchange)
    _, doubts = warned.split(before)
    if doubts:
        raise failures.thrown(f"The list of partner applications is not whole: {doubts[0]}")
    ours = [entry for entry in before.objects if _is_behind(run, entry)]
    if ours:
        return {"existing": reference_of(ours[-1]), "created": "", "configured": False}
    if any(same(prop(entry, "Name"), wanted) for entry in before.objects):
        raise failures.thrown(
            f"There is another partner application of the name {wanted}, so nothing was made."
        )
    account, place = run.text("account"), exchange
    if account:
        place = _with_account(exchange, account)
    shown_there = place.controller == exchange.controller
    more = {"LinkedAccount": account if shown_there else "", "Realm": run.text("realm")}
    _add(run, exchange)
    exchange(
        "New-PartnerApplication",
        Name=wanted,
        ApplicationIdentifier=run.asked("applicationIdentifier"),
        Enabled=True,
        **{name: value for name, value in more.items() if value},
    )
    known = {reference_of(entry) for entry in before.objects}
    after = exchange.told("Get-PartnerApplication")
    made = [
        entry
        for entry in after.objects
        if reference_of(entry) not in known and _is_behind(run, entry)
    ]
    created = reference_of(made[0]) if len(made) == 1 else ""
    if created and not shown_there:
        place("Set-PartnerApplication", Identity=created, LinkedAccount=account)
    exchange.left.entries = exchange.controller, after
    return {"existing": "", "created": created, "configured": False}


def _is_behind(run: Run, entry: PsObject) -> bool:
    """Whether it is for this application and this realm: an empty one is a realm like any other."""
    identifier = prop(entry, "ApplicationIdentifier")
    if not prop(entry, "UseAuthServer") or not same(identifier, run.asked("applicationIdentifier")):
        return False
    return same(prop(entry, "Realm"), run.asked("realm"))


def update(exchange: Exchange) -> Mapping[str, Any]:
    """Change of such an entry, and of what it needs, only what was asked for."""
    run = exchange.run
    account, name = run.text("account"), run.text("name")
    check_entry(run, exchange, behind=True)
    place = _with_account(exchange, account) if account else exchange
    _add(run, exchange)
    for server in run.asked("refreshed") or ():
        exchange("Set-AuthServer", Identity=server, RefreshAuthMetadata=True)
    of = {"ApplicationIdentifier": run.asked("applicationIdentifier"), "Realm": run.asked("realm")}
    for at, wanted, parameters in (
        (exchange, run.asked("setRealm"), of),
        (place, account, {"LinkedAccount": account}),
        (exchange, run.asked("enable"), {"Enabled": True}),
        (exchange, name, {"Name": name}),
    ):
        if wanted:
            at("Set-PartnerApplication", Identity=run.text("reference"), **parameters)
    return {"reference": run.text("reference")}


def _with_account(exchange: Exchange, name: str) -> Exchange:
    """The session that shows the account of this name. Raises Failed unless there is one."""
    users, place = find_users(exchange, name)
    if len(users) != 1:
        raise failures.thrown(f"PartnerOperator.Accounts: {len(users)} of {name}")
    return place


def _add(run: Run, exchange: Exchange) -> None:
    """Make the token server that was asked for, unless one of that address is there. Raises Failed."""
    name, url = run.text("tokenServerName"), run.text("tokenServerUrl")
    if not name:
        return
    read = exchange.told("Get-AuthServer")
    if read.warnings:
        raise failures.thrown(f"The list of token servers is not whole: {read.warnings[0]}")
    for server in read.objects:
        if same_url(prop(server, "AuthMetadataUrl"), url):
            return
        if same(prop(server, "Name"), name):
            raise failures.thrown(
                f"There is another token server of the name {name}, so nothing was made."
            )
    exchange("New-AuthServer", Name=name, AuthMetadataUrl=url)


STEPS = {
    "register_behind": register,
    "update_behind": update,
}
