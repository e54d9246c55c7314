"""Lync's operations: what their scripts answer, call and leave behind."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from typing import Any

from partner_simulator.embedded import failures, items, lync_token_servers, warned, web
from partner_simulator.embedded.failures import Failed
from partner_simulator.embedded.plain import listed, plain, prop, same, same_url, shown, text
from partner_simulator.embedded.run import Run
from partner_simulator.ports import PsObject

_MODULES = ("lync", "skypeforbusiness")
_LAST_TRIED = "SkypeForBusiness"
_MISSING_COMMAND = "System.Management.Automation.CommandNotFoundException"
_LOOKS, _PAUSE_SECONDS = 10, 1.0
"""How often a replication is looked at, and the time between."""


def _module(run: Run) -> None:
    """Load the management module. Raises Failed where there is none."""
    if not any(module["name"].lower() in _MODULES for module in run.system("modules")):
        raise failures.no_module(_LAST_TRIED)


def observe(run: Run) -> Mapping[str, Any]:
    """Everything that decisions need."""
    _module(run)
    read = run.told("Get-CsPartnerApplication", {})
    about, others = warned.split(read)
    entries = [
        _entry(entry) | {"warning": told} for entry, told in zip(read.objects, about, strict=True)
    ]
    page = web.page(run, entries, 0)
    certificate, fault = _certificate(run)
    replicas = run.call("Get-CsManagementStoreReplicationStatus", {})
    own = [row for row in replicas if same(prop(row, "ReplicaFqdn"), run.asked("host"))]
    token_servers, token_servers_fault = lync_token_servers.told(run)
    connections = run.call("Get-CsManagementConnection", {})
    return {
        "product": "Lync",
        "version": text(own[-1], "ProductVersion") if own else "",
        "organization": text(connections[0], "Connection") if connections else "",
        "entries": page.entries,
        "after": page.after,
        "warnings": others,
        "certificate": certificate,
        "certificateFault": fault,
        "replicas": [shown(row, "fqdn=ReplicaFqdn", "upToDate=UpToDate") for row in replicas],
        "tokenServers": token_servers,
        "tokenServersFault": token_servers_fault,
        "documents": web.documents(run, page.size),
    }


def _entry(entry: PsObject) -> dict[str, Any]:
    token = text(entry, "AuthToken")
    uses_server = token.endswith("UseOAuthServer")
    return {
        **shown(
            entry,
            "reference=Identity name=Identity applicationIdentifier=ApplicationIdentifier"
            " realm=Realm trustLevel=ApplicationTrustLevel",
            "enabled=Enabled acceptsSecurityIdentifiers=AcceptSecurityIdentifierInformation",
        ),
        "metadataUrl": "" if uses_server else token.removeprefix("Value="),
        "useAuthServer": uses_server,
    }


def _certificate(run: Run) -> tuple[dict[str, Any] | None, str]:
    """The assigned one, or why it cannot be had. Simulated machines show scripts no store, so no DER."""
    try:
        found = run.call("Get-CsCertificate", {"Type": ["OAuthTokenIssuer"]})
    except Failed as failed:
        return None, failed.message
    if not found:
        return None, ""
    texts = "thumbprint=Thumbprint previous=PreviousThumbprint subject=Subject"
    times = "notBefore=NotBefore notAfter=NotAfter effectiveAt=EffectiveDate"
    return shown(found[-1], texts, "", times) | {"der": "", "previousDer": ""}, ""


def register(run: Run) -> Mapping[str, Any]:
    """Make an entry unless there is one; with `replaces`, in place of one that cannot be changed."""
    read = run.told("Get-CsPartnerApplication", {})
    _, doubts = warned.split(read)
    if doubts:
        raise failures.thrown(f"The list of partner applications is not whole: {doubts[0]}")
    existing = replaced = ""
    for entry in read.objects:
        identity = text(entry, "Identity")
        if same(identity, run.asked("replaces")):
            if not _of_content(run, entry, "replacedIdentifier", "replacedUrl", "replacedRealm"):
                raise failures.thrown(
                    f"Partner application {identity} was made into another one meanwhile, so nothing was removed."
                )
            replaced = identity
        elif same(identity, run.asked("identity")) or (
            not (run.asked("replaces") or existing)
            and _of_content(run, entry, "applicationIdentifier", "metadataUrl", "realm")
        ):
            existing = identity
    if replaced:
        _remove_first(run, replaced, existing)
    if not existing:
        made = {"Identity": run.asked("identity"), "MetadataUrl": run.asked("metadataUrl")}
        level = {"ApplicationTrustLevel": run.asked("trustLevel")}
        run.call("New-CsPartnerApplication", {**made, **level, "Force": True})
    return {"existing": existing}


def _of_content(run: Run, entry: PsObject, identifier: str, url: str, realm: str) -> bool:
    """Whether an entry is for the partner that these parameters tell of."""
    shown_entry = _entry(entry)
    if shown_entry["useAuthServer"]:
        return False
    if not same(shown_entry["applicationIdentifier"], run.asked(identifier)):
        return False
    wanted = run.text(realm)
    of_realm = wanted != "" and same(shown_entry["realm"], wanted)
    return of_realm or same_url(shown_entry["metadataUrl"], run.asked(url))


def _remove_first(run: Run, replaced: str, existing: str) -> None:
    """The old entry goes only while the new one can be made. Raises Failed."""
    if existing:
        raise failures.thrown(
            f"There is another partner application of the name {existing}, so nothing was removed."
        )
    had = web.document(run, run.text("metadataUrl"))
    if had["fault"] or had["status"] != 200:
        why = f"{had['status']} {had['detail']}"
        raise failures.thrown(f"The document cannot be had now ({why}), so nothing was removed.")
    run.call("Remove-CsPartnerApplication", {"Identity": replaced, "Force": True})


def register_behind(run: Run) -> Mapping[str, Any]:
    """The same for an application that uses token servers."""
    read = run.told("Get-CsPartnerApplication", {})
    _, doubts = warned.split(read)
    if doubts:
        raise failures.thrown(f"The list of partner applications is not whole: {doubts[0]}")
    existing, replaced = _standing_behind(run, read.objects)
    if replaced and existing:
        raise failures.thrown(
            f"There is another partner application of the name {existing}, so nothing was removed."
        )
    if not existing:
        lync_token_servers.add(run)
    if replaced:
        run.call("Remove-CsPartnerApplication", {"Identity": replaced, "Force": True})
    if not existing:
        made = {
            "Identity": run.asked("identity"),
            "ApplicationIdentifier": run.asked("applicationIdentifier"),
            "ApplicationTrustLevel": run.asked("trustLevel"),
            "UseOAuthServer": True,
            "Force": True,
        }
        realm = {"Realm": run.text("realm")} if run.text("realm") else {}
        run.call("New-CsPartnerApplication", {**made, **realm})
    return {"existing": existing}


def _standing_behind(run: Run, entries: Iterable[PsObject]) -> tuple[str, str]:
    """The entry that is there already, and the one to be replaced; empty: none. Raises Failed."""
    existing = replaced = ""
    for entry in entries:
        identity = text(entry, "Identity")
        if same(identity, run.asked("replaces")):
            if not _is_behind(run, entry, run.text("replacedRealm")):
                raise failures.thrown(
                    f"Partner application {identity} was made into another one meanwhile, so nothing was removed."
                )
            replaced = identity
        elif same(identity, run.asked("identity")) or (
            not (run.asked("replaces") or existing)
            and _is_behind(run, entry, run.text("realm"), run.text("ownRealm"))
        ):
            existing = identity
    return existing, replaced


def _is_behind(run: Run, entry: PsObject, realm: str, own_realm: str = "") -> bool:
    """Whether it is for the application, and for this realm; where none is asked for, Lync may write its own."""
    told = _entry(entry)
    if not told["useAuthServer"]:
        return False
    if not same(told["applicationIdentifier"], run.asked("applicationIdentifier")):
        return False
    of_own = not realm and own_realm != "" and same(told["realm"], own_realm)
    return of_own or same(told["realm"], realm)


def update(run: Run) -> Mapping[str, Any]:
    """Change of an entry only what was asked for."""
    identity, level = run.text("reference"), run.text("trustLevel")
    _check_entry(run, identity)
    lync_token_servers.add(run)
    for wanted, parameters in (
        (run.asked("setUrl"), {"MetadataUrl": run.asked("metadataUrl")}),
        (level, {"ApplicationTrustLevel": level}),
        (run.asked("enable"), {"Enabled": True}),
    ):
        if wanted:
            named = {"Identity": identity, "Force": True, **parameters}
            run.call("Set-CsPartnerApplication", named)
    return {"identity": identity}


def _check_entry(run: Run, identity: str) -> None:
    """Raises Failed where the entry is gone, or was made into something else meanwhile."""
    for entry in map(_entry, run.told("Get-CsPartnerApplication", {}).objects):
        if not same(entry["reference"], identity):
            continue
        alike = same(entry["applicationIdentifier"], run.asked("applicationIdentifier"))
        if alike and entry["useAuthServer"] is bool(run.asked("useAuthServer")):
            return
        raise failures.thrown(
            f"Partner application {identity} was made into another one meanwhile, so nothing was changed."
        )
    raise failures.thrown("The partner application is not there any more, so nothing was changed.")


def remove(run: Run) -> Mapping[str, Any]:
    """Remove the entry of this reference, if it is listed, of its kind, and still for the same partner."""
    _module(run)
    removed = False
    for entry in run.told("Get-CsPartnerApplication", {}).objects:
        identity = text(entry, "Identity")
        if run.asked("useAuthServer"):
            ours = _is_behind(run, entry, run.text("realm"))
        else:
            ours = _of_content(run, entry, "applicationIdentifier", "metadataUrl", "realm")
        if ours and same(identity, run.asked("reference")):
            run.call("Remove-CsPartnerApplication", {"Identity": identity, "Force": True})
            removed = True
    return {"removed": removed}


def replicate(run: Run) -> Mapping[str, Any]:
    """Start a replication, and wait some seconds for the hosts that are wanted."""
    _module(run)
    run.call("Invoke-CsManagementStoreReplication", {})
    fresh: list[str] = []
    for _ in range(_LOOKS):
        rows = run.call("Get-CsManagementStoreReplicationStatus", {})
        fresh = [text(row, "ReplicaFqdn") for row in rows if prop(row, "UpToDate")]
        if all(listed(fresh, host) for host in run.asked("hosts") or ()):
            break
        run.sleep(_PAUSE_SECONDS)
    return {"upToDate": fresh}


def test(run: Run) -> Mapping[str, Any]:
    """Run Test-CsExStorageConnectivity: what it printed, what it complained of, what it told beside."""
    _module(run)
    wanted = {"SipUri": run.text("sipUri"), "Folder": run.text("folder")}
    parameters: dict[str, Any] = {name: value for name, value in wanted.items() if value}
    if run.asked("deleteItem"):
        parameters["DeleteItem"] = True
    started = time.monotonic()
    answer: dict[str, Any] = {"output": [], "problems": [], "details": []}
    try:
        told = run.told("Test-CsExStorageConnectivity", parameters, stops=False)
        answer["output"] = [plain(item) for item in told.objects]
        answer["problems"] = [error.message for error in told.errors]
        answer["details"] = told.details
    except Failed as failed:
        # What was told before is lost with the list that it was to stand in.
        if failed.exception_type == _MISSING_COMMAND:
            raise
        answer["problems"] = [failed.message]
    return {**answer, "milliseconds": int(1000 * (time.monotonic() - started))}


STEPS = {"register": register, "register_behind": register_behind, "update": update}


def apply(run: Run) -> Mapping[str, Any]:
    """Make changes in turn."""
    _module(run)
    return items.make_all(run, STEPS)


OPERATIONS = {
    "lync/observe": observe,
    "lync/apply": apply,
    "lync/documents": web.fetch,
    "lync/remove": remove,
    "lync/replicate": replicate,
    "lync/test": test,
}
