"""Lync's operations: what their scripts answer, call and leave behind."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from typing import Any

from partner_simulator.embedded import failures, web
from partner_simulator.embedded.failures import Failed
from partner_simulator.embedded.plain import flags, instant, listed, prop, same, text, texts
from partner_simulator.embedded.run import Run
from partner_simulator.ports import PsObject

_MODULES = frozenset({"lync", "skypeforbusiness"})
_MISSING_COMMAND = "System.Management.Automation.CommandNotFoundException"
_REPLICATION_LOOKS = 10
_REPLICATION_PAUSE = 1.0
"""Seconds between two looks."""


def _module(run: Run) -> None:
    """Load the management module. Raises Failed where there is none."""
    if not any(module["name"].lower() in _MODULES for module in run.system("modules")):
        raise failures.no_module()


def _call(run: Run, cmdlet: str, **parameters: Any) -> list[PsObject]:
    return run.warned(run.call(cmdlet, parameters))


def observe(run: Run) -> Mapping[str, Any]:
    """Everything that decisions need."""
    _module(run)
    read = run.call("Get-CsPartnerApplication", {})
    certificate, fault = _certificate(run)
    replicas = _call(run, "Get-CsManagementStoreReplicationStatus")
    own = [row for row in replicas if same(prop(row, "ReplicaFqdn"), run.asked("host"))]
    connections = _call(run, "Get-CsManagementConnection")
    return {
        "product": "Lync",
        "version": text(prop(own[-1], "ProductVersion")) if own else "",
        "organization": " ".join(text(prop(one, "Connection")) for one in connections),
        "entries": [_entry(entry) for entry in read.objects],
        "warnings": read.warnings,
        "certificate": certificate,
        "certificateFault": fault,
        "replicas": [
            {"fqdn": text(prop(row, "ReplicaFqdn")), "upToDate": bool(prop(row, "UpToDate"))}
            for row in replicas
        ],
        "documents": web.documents(run),
    }


def _entry(entry: PsObject) -> dict[str, Any]:
    token = text(prop(entry, "AuthToken"))
    uses_server = token.endswith("UseOAuthServer")
    return {
        **texts(
            entry,
            reference="Identity",
            name="Identity",
            applicationIdentifier="ApplicationIdentifier",
            realm="Realm",
            trustLevel="ApplicationTrustLevel",
        ),
        **flags(
            entry,
            enabled="Enabled",
            acceptsSecurityIdentifiers="AcceptSecurityIdentifierInformation",
        ),
        "metadataUrl": "" if uses_server else re.sub(r"^Value=", "", token),
        "useAuthServer": uses_server,
    }


def _certificate(run: Run) -> tuple[dict[str, Any] | None, str]:
    """The assigned one, or why it cannot be had. Simulated machines show no store to scripts, so no DER."""
    try:
        found = _call(run, "Get-CsCertificate", Type=["OAuthTokenIssuer"])
    except Failed as failed:
        return None, failed.message
    if not found:
        return None, ""
    known = found[-1]
    told = texts(known, thumbprint="Thumbprint", previous="PreviousThumbprint", subject="Subject")
    times = {"notBefore": "NotBefore", "notAfter": "NotAfter", "effectiveAt": "EffectiveDate"}
    moments = {key: instant(prop(known, name)) for key, name in times.items()}
    return {**told, **moments, "der": "", "previousDer": ""}, ""


def register(run: Run) -> Mapping[str, Any]:
    """Make an entry unless there is one; with `replaces`, in place of one that cannot be changed."""
    _module(run)
    read = run.call("Get-CsPartnerApplication", {})
    if read.warnings:
        raise failures.thrown(f"The list of partner applications is not whole: {read.warnings[0]}")
    existing = replaced = ""
    for entry in read.objects:
        identity = text(prop(entry, "Identity"))
        if same(identity, run.asked("replaces")):
            replaced = identity
        elif same(identity, run.asked("identity")):
            existing = identity
    if replaced:
        _remove_first(run, replaced, existing)
    if not existing:
        _call(
            run,
            "New-CsPartnerApplication",
            Identity=run.asked("identity"),
            MetadataUrl=run.asked("metadataUrl"),
            ApplicationTrustLevel=run.asked("trustLevel"),
            Force=True,
        )
    return {"existing": existing}


def _remove_first(run: Run, replaced: str, existing: str) -> None:
    """The old entry goes only while the new one can be made. Raises Failed."""
    if existing:
        raise failures.thrown(
            f"There is another partner application of the name {existing}, so nothing was removed."
        )
    had = web.document(run, run.text("metadataUrl"))
    if had["fault"] or had["status"] != 200:
        raise failures.thrown(
            f"The document cannot be had now ({had['status']} {had['detail']}), so nothing was removed."
        )
    _call(run, "Remove-CsPartnerApplication", Identity=replaced, Force=True)


def update(run: Run) -> Mapping[str, Any]:
    """Change of an entry only what was asked for."""
    _module(run)
    identity, level = run.text("reference"), run.text("trustLevel")
    for wanted, parameters in (
        (run.asked("setUrl"), {"MetadataUrl": run.asked("metadataUrl")}),
        (level, {"ApplicationTrustLevel": level}),
        (run.asked("enable"), {"Enabled": True}),
    ):
        if wanted:
            _call(run, "Set-CsPartnerApplication", Identity=identity, Force=True, **parameters)
    return {"identity": identity}


def remove(run: Run) -> Mapping[str, Any]:
    """Remove the entry of this reference, if it is listed."""
    _module(run)
    removed = False
    for entry in run.call("Get-CsPartnerApplication", {}).objects:
        identity = text(prop(entry, "Identity"))
        if same(identity, run.asked("reference")):
            _call(run, "Remove-CsPartnerApplication", Identity=identity, Force=True)
            removed = True
    return {"removed": removed}


def replicate(run: Run) -> Mapping[str, Any]:
    """Start a replication, and wait some seconds for the hosts that are wanted."""
    _module(run)
    _call(run, "Invoke-CsManagementStoreReplication")
    fresh: list[str] = []
    for _ in range(_REPLICATION_LOOKS):
        rows = _call(run, "Get-CsManagementStoreReplicationStatus")
        fresh = [text(prop(row, "ReplicaFqdn")) for row in rows if prop(row, "UpToDate")]
        if all(listed(fresh, host) for host in run.asked("hosts") or ()):
            break
        run.sleep(_REPLICATION_PAUSE)
    return {"upToDate": fresh}


def test(run: Run) -> Mapping[str, Any]:
    """Run Test-CsExStorageConnectivity: what it printed, what it complained of, what it told beside."""
    _module(run)
    parameters: dict[str, Any] = {"SipUri": run.text("sipUri")}
    if run.asked("deleteItem"):
        parameters["DeleteItem"] = True
    if run.text("folder"):
        parameters["Folder"] = run.text("folder")
    started = time.monotonic()
    output, problems, details = [], [], []
    try:
        told = run.call("Test-CsExStorageConnectivity", parameters, stops=False)
        output, details = [text(item) for item in told.objects], told.details
        problems = [error.message for error in told.errors]
    except Failed as failed:
        # What was told before is lost with the list that it was to stand in.
        if failed.exception_type == _MISSING_COMMAND:
            raise
        problems = [failed.message]
    milliseconds = int(1000 * (time.monotonic() - started))
    return {
        "output": output,
        "problems": problems,
        "details": details,
        "milliseconds": milliseconds,
    }


OPERATIONS = {
    "lync/observe": observe,
    "lync/register": register,
    "lync/update": update,
    "lync/remove": remove,
    "lync/replicate": replicate,
    "lync/test": test,
}
