"""Exchange's operations: what their scripts answer, call and leave behind."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from partner_simulator.embedded import failures, web
from partner_simulator.embedded.configure import configure
from partner_simulator.embedded.failures import Failed
from partner_simulator.embedded.plain import first, flags, instant, listed, prop, same, text, texts
from partner_simulator.embedded.run import Run, Told
from partner_simulator.ports import Logon, LogonKind, PsObject

_SERVICES = ("w3svc", "was")
_OF_EXCHANGE = "msexchange"


@dataclass(frozen=True, slots=True)
class Exchange:
    """The inner session to Exchange's own endpoint, and the domain controller of its calls."""

    run: Run
    hop: Logon
    controller: str = ""

    def at(self, controller: str) -> Exchange:
        """The same session, on this controller."""
        return Exchange(self.run, self.hop, controller)

    def told(self, cmdlet: str, **parameters: Any) -> Told:
        """A call with all that it writes. Raises Failed."""
        named = {**parameters, "DomainController": self.controller}
        return self.run.call(cmdlet, named, hop=self.hop)

    def __call__(self, cmdlet: str, **parameters: Any) -> list[PsObject]:
        """The objects of a call. Raises Failed."""
        return self.run.warned(self.told(cmdlet, **parameters))

    def found(self, cmdlet: str, **parameters: Any) -> list[PsObject]:
        """The objects of a call; none where Exchange knows no such object. Raises Failed."""
        try:
            return self(cmdlet, **parameters)
        except Failed as failed:
            if failed.not_found:
                return []
            raise

    def asked_quietly(self, cmdlet: str, **parameters: Any) -> list[PsObject]:
        """The objects of a call whose errors nobody minds, but for those that end it. Raises Failed."""
        named = {**parameters, **({"DomainController": self.controller} if self.controller else {})}
        return self.run.warned(self.run.call(cmdlet, named, hop=self.hop, stops=False))

    def plain(self, cmdlet: str, **parameters: Any) -> list[PsObject]:
        """The objects of a call that names no controller. Raises Failed."""
        return self.run.warned(self.run.call(cmdlet, parameters, hop=self.hop))


def session(run: Run) -> Exchange:
    """Open the inner session with the explicit credential. Raises Failed."""
    host = run.text("host")
    answer = run.system(
        "credential",
        endpoint=f"http://{host}/PowerShell/",
        user=run.secrets.get("username"),
        password=run.secrets.get("password"),
    )
    if "user" not in answer:
        if not run.system("snapins"):
            raise failures.thrown("PartnerOperator.NotExchange", "Open-Exchange")
        raise failures.no_inner_session(host, answer["error"])
    exchange = Exchange(run, Logon(answer["user"], LogonKind.NETWORK), run.text("controller"))
    with _in_open_exchange():
        exchange.plain("Set-ADServerSettings", ViewEntireForest=True)
    return exchange


@contextmanager
def _in_open_exchange() -> Iterator[None]:
    try:
        yield
    except Failed as failed:
        failed.function = "Open-Exchange"
        raise


def observe(run: Run) -> Mapping[str, Any]:
    """Everything that decisions need."""
    exchange = session(run)
    organization = _organization(exchange)
    controller = text(prop(organization, "OriginatingServer"))
    exchange = exchange.at(controller)
    read = exchange.told("Get-PartnerApplication")
    entries = [_entry(exchange, entry) for entry in read.objects]
    roles = [
        str(name)
        for name in run.asked("roles") or ()
        for role in exchange.found("Get-ManagementRole", Identity=name)
        if same(prop(role, "Name"), name)
    ]
    configuration = first(exchange("Get-AuthConfig"))
    current, previous, following = (
        prop(configuration, f"{which}CertificateThumbprint")
        for which in ("Current", "Previous", "Next")
    )
    certificates, fault = _certificates(exchange, (current, previous, following))
    servers = exchange("Get-ExchangeServer")
    own = [server for server in servers if same(prop(server, "Fqdn"), run.asked("host"))]
    domains = exchange("Get-AcceptedDomain")
    return {
        "product": "Exchange",
        "version": text(prop(own[-1], "AdminDisplayVersion")) if own else "",
        "organization": text(prop(organization, "DistinguishedName")),
        "controller": controller,
        "entries": entries,
        "warnings": read.warnings,
        "roles": roles,
        "current": text(current),
        "previous": text(previous),
        "next": text(following),
        "nextEffectiveAt": instant(prop(configuration, "NextCertificateEffectiveDate")),
        "certificates": certificates,
        "certificateFault": fault,
        "hosts": [_host(server) for server in servers],
        "domains": [text(prop(domain, "DomainName")) for domain in domains],
        "documents": web.documents(run),
    }


def _organization(exchange: Exchange) -> PsObject | None:
    """From the controller of last time while it answers, else from any."""
    found: list[PsObject] = []
    if exchange.controller:
        try:
            found = exchange("Get-OrganizationConfig")
        except Failed:
            found = []
    found = found or exchange.plain("Get-OrganizationConfig")
    return first(found)


def _entry(exchange: Exchange, entry: PsObject) -> dict[str, Any]:
    uses_server = bool(prop(entry, "UseAuthServer"))
    url = prop(entry, "AuthMetadataUrl")
    return {
        **texts(
            entry,
            reference="DistinguishedName",
            name="Name",
            applicationIdentifier="ApplicationIdentifier",
            realm="Realm",
            issuer="IssuerIdentifier",
        ),
        **flags(
            entry,
            enabled="Enabled",
            acceptsSecurityIdentifiers="AcceptSecurityIdentifierInformation",
        ),
        "metadataUrl": None if url is None else text(url),
        "useAuthServer": uses_server,
        "certificates": [text(one) for one in prop(entry, "CertificateStrings") or ()],
        "account": None if uses_server else _account(exchange, entry),
        "changedAt": instant(prop(entry, "WhenChangedUTC")),
    }


def _account(exchange: Exchange, entry: PsObject) -> dict[str, Any] | None:
    """Roles of the account that an entry acts with; None when it has none or it is gone."""
    name = text(prop(entry, "LinkedAccount"))
    if not name or not exchange.found("Get-User", Identity=name):
        return None
    try:
        return {"name": name, "roles": _roles(exchange, name)}
    except Failed as failed:
        if failed.not_found:
            return None
        raise


def _roles(exchange: Exchange, account: str) -> list[str]:
    assignments = exchange("Get-ManagementRoleAssignment", RoleAssignee=account)
    return [text(prop(assignment, "Role")) for assignment in assignments]


def _certificates(exchange: Exchange, named: tuple[Any, ...]) -> tuple[list[dict[str, Any]], str]:
    """The named certificates, and why there are none if so."""
    try:
        stored = exchange("Get-ExchangeCertificate", Server=exchange.run.asked("host"))
    except Failed as failed:
        return [], failed.message
    found = [
        {
            "thumbprint": text(prop(one, "Thumbprint")),
            "der": base64.b64encode(prop(one, "RawData")).decode("ascii"),
        }
        for one in stored
        if listed(named, prop(one, "Thumbprint"))
    ]
    return found, "" if stored else "Get-ExchangeCertificate returns nothing."


def _host(server: PsObject) -> dict[str, Any]:
    loads = prop(server, "IsMailboxServer") or prop(server, "IsClientAccessServer")
    return {
        "fqdn": text(prop(server, "Fqdn")),
        "edge": bool(prop(server, "IsEdgeServer")),
        "restarts": prop(server, "IsE15OrLater") is not False and bool(loads),
    }


def register(run: Run) -> Mapping[str, Any]:
    """Make an entry for the partner by Exchange's own script, unless there is one."""
    exchange = session(run)
    before = exchange.told("Get-PartnerApplication")
    if before.warnings:
        raise failures.thrown(
            f"The list of partner applications is not whole: {before.warnings[0]}"
        )
    ours = [entry for entry in before.objects if _of_partner(run, entry)]
    if ours:
        return {"existing": text(prop(ours[-1], "DistinguishedName")), "created": ""}
    if any(same(prop(entry, "Name"), run.asked("identity")) for entry in before.objects):
        raise failures.thrown(
            f"There is another partner application of the name {run.text('identity')}, so nothing was made."
        )
    configure(exchange, run.text("metadataUrl"), run.text("applicationType"))
    known = {text(prop(entry, "DistinguishedName")) for entry in before.objects}
    made = [
        entry
        for entry in exchange.told("Get-PartnerApplication").objects
        if text(prop(entry, "DistinguishedName")) not in known and _of_partner(run, entry)
    ]
    if len(made) != 1:
        return {"existing": "", "created": ""}
    reference = text(prop(made[0], "DistinguishedName"))
    exchange("Set-PartnerApplication", Identity=reference, Name=run.asked("identity"))
    return {"existing": "", "created": text(prop(made[0], "Name"))}


def _of_partner(run: Run, entry: PsObject) -> bool:
    if prop(entry, "UseAuthServer"):
        return False
    if not same(prop(entry, "ApplicationIdentifier"), run.asked("applicationIdentifier")):
        return False
    realm = text(prop(entry, "Realm"))
    return same(prop(entry, "AuthMetadataUrl"), run.asked("metadataUrl")) or (
        realm != "" and same(realm, run.asked("realm"))
    )


def update(run: Run) -> Mapping[str, Any]:
    """Change of an entry only what was asked for."""
    exchange = session(run)
    account = run.text("account")
    if run.asked("repairAccount"):
        account = _repaired(exchange, run.text("accountName"))
    if run.asked("roles"):
        held = _roles(exchange, account)
        for role in run.asked("roles"):
            if not listed(held, role):
                exchange("New-ManagementRoleAssignment", Role=role, User=account)
    url, name = run.asked("metadataUrl"), run.text("name")
    for wanted, parameters in (
        (run.asked("repairAccount"), {"LinkedAccount": account}),
        (run.asked("setUrl"), {"AuthMetadataUrl": url}),
        (run.asked("refresh"), {"RefreshAuthMetadata": True}),
        (run.asked("accept"), {"AcceptSecurityIdentifierInformation": True}),
        (run.asked("enable"), {"Enabled": True}),
        (name != "", {"Name": name}),
    ):
        if wanted:
            exchange("Set-PartnerApplication", Identity=run.text("reference"), **parameters)
    return {"account": account}


def _repaired(exchange: Exchange, name: str) -> str:
    """The account of this name, made if it is gone."""
    found = exchange.found("Get-User", Identity=name)
    if not found:
        address = f"{name}@{_mail_domain(exchange)}"
        exchange("New-MailUser", Name=name, ExternalEmailAddress=address)
        exchange("Set-MailUser", Identity=name, HiddenFromAddressListsEnabled=True)
        found = exchange("Get-User", Identity=name)
    return text(prop(found[0], "Identity"))


def _mail_domain(exchange: Exchange) -> str:
    """The default accepted domain, else the first that is one domain and no pattern. Raises Failed."""
    chosen = ""
    for accepted in exchange("Get-AcceptedDomain"):
        domain = text(prop(accepted, "DomainName"))
        if domain and not domain.startswith("*") and (not chosen or prop(accepted, "Default")):
            chosen = domain
    if not chosen:
        raise failures.thrown(
            "There is no accepted domain for an address, so the linked account cannot be made."
        )
    return chosen


def remove(run: Run) -> Mapping[str, Any]:
    """Remove the entry of this reference, if it is listed."""
    exchange = session(run)
    removed = False
    for entry in exchange.told("Get-PartnerApplication").objects:
        reference = text(prop(entry, "DistinguishedName"))
        if same(reference, run.asked("reference")):
            exchange("Remove-PartnerApplication", Identity=reference)
            removed = True
    return {"removed": removed}


def host_state(run: Run) -> Mapping[str, Any]:
    """What IIS of this host answers, its workers and its services."""
    host = run.text("host")
    answers = {
        path: web.status(run, f"https://{host}{path}", 30) for path in run.asked("paths") or ()
    }
    workers = [
        instant(datetime.fromtimestamp(process["started_at"], UTC))
        for process in run.system("processes")
        if same(process["name"], "w3wp.exe")
    ]
    services = [
        service["name"]
        for service in sorted(run.system("services"), key=lambda service: service["name"].upper())
        if service["state"] == "Running"
        and (
            service["name"].lower() in _SERVICES or service["name"].lower().startswith(_OF_EXCHANGE)
        )
    ]
    return {"answers": answers, "workers": workers, "services": services}


def restart(run: Run) -> Mapping[str, Any]:
    """iisreset, on this machine."""
    answer = run.system("iisreset", arguments=["/RESTART", "/TIMEOUT:120"])
    lines = answer["output"].replace("\r", "").rstrip("\n").split("\n")
    return {"code": str(answer["exit_code"]), "lines": lines}


OPERATIONS = {
    "exchange/observe": observe,
    "exchange/register": register,
    "exchange/update": update,
    "exchange/remove": remove,
    "exchange/host_state": host_state,
    "exchange/restart": restart,
}
