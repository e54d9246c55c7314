"""Pools, machines, users and replication of the Lync deployment (P-LY-7)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from partner_simulator.ports import CmdletError, PsObject, PsText
from partner_simulator.world import errors, names
from partner_simulator.world.invocation import Handlers, Invocation
from partner_simulator.world.ledger import WriteKind
from partner_simulator.world.lync_versions import lync_version
from partner_simulator.world.objects import User

_LOCAL = timezone(timedelta(0), "local")


def replication_status(invocation: Invocation) -> None:
    """One row per replica, or the master's own row."""
    arguments, store = invocation.arguments, invocation.domain.cms
    if arguments.flag("CentralManagementStoreStatus"):
        active = {
            "ActiveMasterFQDN": names.FRONT_ENDS[0],
            "ActiveFileTransferAgentFQDN": names.FRONT_ENDS[0],
        }
        type_name = "Microsoft.Rtc.Management.Xds.CentralManagementStoreState"
        invocation.emit(PsObject((type_name,), names.FRONT_ENDS[0], active))
        return
    asked = arguments.text("ReplicaFqdn")
    if asked and not store.knows(asked.lower()):
        raise _no_replica(asked)
    for row in store.status():
        if asked and asked.lower() != row.fqdn:
            continue
        values = {
            "UpToDate": row.up_to_date,
            "ReplicaFqdn": row.fqdn,
            "LastStatusReport": _local(row.last_status_report),
            "LastUpdateCreation": _local(row.last_update_creation),
            "ProductVersion": lync_version(invocation.domain.switches).number,
        }
        invocation.emit(PsObject(("Microsoft.Rtc.Management.Xds.ReplicaState",), row.fqdn, values))


def replicate(invocation: Invocation) -> None:
    """Start a replication; it has begun, not ended, when the cmdlet returns."""
    asked = invocation.arguments.text("ReplicaFqdn")
    if asked and not invocation.domain.cms.knows(asked.lower()):
        raise _no_replica(asked)
    # The reference gives this cmdlet -WhatIf in some versions only; asking is right in all.
    if invocation.may(asked or "all replicas", "Invoke-CsManagementStoreReplication"):
        invocation.domain.cms.replicate(asked.lower() if asked else None)
        invocation.wrote(asked or "all replicas", WriteKind.REPLICATION)


def _no_replica(fqdn: str) -> CmdletError:
    return errors.lync(
        "ReplicaNotFound",
        f'Cannot find replica "{fqdn}".',
        category="ObjectNotFound",
        terminating=False,
    )


def _local(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC).astimezone(_LOCAL)


def connection(invocation: Invocation) -> None:
    """Where the Central Management store is: the identity of the deployment."""
    values = {
        "StoreProvider": "Sql",
        "Connection": "Data Source=atl-sql-001.litwareinc.com\\rtc;Initial Catalog=xds;Integrated Security=True",
        "ReadOnly": False,
        "SqlServer": "atl-sql-001.litwareinc.com",
        "SqlInstance": "rtc",
        "MirrorSqlServer": None,
        "MirrorSqlInstance": None,
    }
    type_name = "Microsoft.Rtc.Management.Xds.ManagementConnection"
    invocation.emit(PsObject((type_name,), "ManagementConnection", values))


def get_pool(invocation: Invocation) -> None:
    """The one Front End pool."""
    _rows(
        invocation,
        "Microsoft.Rtc.Management.Xds.DisplayPool",
        [
            {
                "Identity": names.LYNC_POOL,
                "Fqdn": names.LYNC_POOL,
                "Computers": list(names.FRONT_ENDS),
                "Site": "Site:Atlanta",
                "Services": [f"Registrar:{names.LYNC_POOL}", f"WebServer:{names.LYNC_POOL}"],
            }
        ],
    )


def get_computer(invocation: Invocation) -> None:
    """The Front Ends, or only this one with -Local."""
    hosts = [invocation.host] if invocation.arguments.flag("Local") else names.FRONT_ENDS
    rows = [{"Identity": host, "Fqdn": host, "Pool": names.LYNC_POOL} for host in hosts]
    _rows(invocation, "Microsoft.Rtc.Management.Xds.DisplayComputer", rows)


def get_service(invocation: Invocation) -> None:
    """The pool's web server and registrar."""
    rows = [
        {
            "Identity": f"{role}:{names.LYNC_POOL}",
            "PoolFqdn": names.LYNC_POOL,
            "Role": role,
            "InternalFqdn": names.LYNC_POOL,
        }
        for role in ("WebServer", "Registrar")
        if invocation.arguments.flag(role)
        or not (invocation.arguments.flag("WebServer") or invocation.arguments.flag("Registrar"))
    ]
    _rows(invocation, "Microsoft.Rtc.Management.Xds.DisplayService", rows)


def get_sip_domain(invocation: Invocation) -> None:
    """The one SIP domain."""
    rows = [{"Identity": names.DOMAIN, "Name": names.DOMAIN, "IsDefault": True}]
    _rows(invocation, "Microsoft.Rtc.Management.Xds.SipDomain", rows)


def get_user(invocation: Invocation) -> None:
    """Users who are enabled for Lync."""
    rows = [
        {
            "Identity": PsText(
                "Microsoft.Rtc.Management.ADConnect.Core.ADObjectId", user.distinguished_name
            ),
            "SipAddress": user.sip_address,
            "UserPrincipalName": user.user_principal_name,
            "WindowsEmailAddress": user.smtp_address,
            "DisplayName": user.name,
            "SamAccountName": user.sam_account_name,
            "Enabled": True,
            "RegistrarPool": names.LYNC_POOL,
        }
        for user in invocation.domain.directory.find(User)
        if user.sip_address
    ]
    identity = invocation.arguments.text("Identity")
    if identity:
        wanted = identity.casefold().removeprefix("sip:")
        rows = [
            row
            for row in rows
            if wanted in (row["DisplayName"], row["UserPrincipalName"], row["SamAccountName"])
        ]
        if not rows:
            raise errors.lync(
                "ManagementObjectNotFound",
                f'Management object not found for identity "{identity}".',
                category="ObjectNotFound",
                terminating=False,
            )
    _rows(invocation, "Microsoft.Rtc.Management.ADConnect.Schema.OCSADUser", rows)


def get_version(invocation: Invocation) -> None:
    """The installed version, as a sentence."""
    version = lync_version(invocation.domain.switches)
    text = f"{version.title} ({version.number}): Enterprise Edition."
    invocation.emit(PsObject(("System.String",), text, {}))


def get_windows_service(invocation: Invocation) -> None:
    """Lync's services of this machine."""
    machine = invocation.domain.machines[invocation.host]
    rows = [
        {"Name": s.name, "Status": s.state, "ActivityLevel": "", "DisplayName": s.display_name}
        for s in machine.service_list()
        if s.name in ("W3SVC", "RtcSrv", "REPLICA")
    ]
    _rows(invocation, "Microsoft.Rtc.Management.Deployment.Core.NTService", rows)


def _rows(invocation: Invocation, type_name: str, rows: list[dict[str, Any]]) -> None:
    for row in rows:
        text = str(next(iter(row.values())))
        identity = row.get("Identity")
        invocation.emit(
            PsObject((type_name,), identity.text if isinstance(identity, PsText) else text, row)
        )


HANDLERS: Handlers = {
    "Get-CsManagementStoreReplicationStatus": replication_status,
    "Invoke-CsManagementStoreReplication": replicate,
    "Get-CsManagementConnection": connection,
    "Get-CsPool": get_pool,
    "Get-CsComputer": get_computer,
    "Get-CsService": get_service,
    "Get-CsSipDomain": get_sip_domain,
    "Get-CsUser": get_user,
    "Get-CsAdUser": get_user,
    "Get-CsServerVersion": get_version,
    "Get-CsWindowsService": get_windows_service,
}
