"""Runs that fail, or whose answer cannot be believed."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from partner_operator.engine.ports import LogonRefused, OperationFailed
from partner_operator.products.failures import run_failed
from partner_operator.trust.reasons import Reason
from partner_operator.trust.status import ChangeKind, Intent
from partner_operator.winrm import (
    Blocked,
    BlockedBy,
    Busy,
    ErrorDetails,
    Forbidden,
    ProtocolViolation,
    QuotaExceeded,
    RemoteRunError,
    ScriptError,
    TimedOut,
    TlsFailed,
    Unreachable,
)
from support.parked.hall import Hall
from support.parked.state import RECONCILE, Parked, mended_and_asked, then_passes


def _outcome_unknown(hall: Hall) -> None:
    cluster = hall.world.cluster
    intent = Intent(ChangeKind.UPDATE, hall.world.clock.now(), hall.hosts[0], needs_restart=True)
    for name in hall.names:
        uid = cluster.applications[name].key.uid
        cluster.statuses[uid] = replace(cluster.statuses[uid], intent=intent)
    hall.organisation.unreachable.add(hall.hosts[0])
    hall.world.clock.instant += timedelta(seconds=30)
    hall.world.run_pass(hall.server)


def _failing(error: RemoteRunError) -> Parked:
    """Every run fails so; the human mends what the message names, and says so on the server."""

    def reach(hall: Hall) -> None:
        hall.fail(run_failed(error, product=hall.product, operation="observe", host=hall.hosts[0]))
        hall.passes(3)

    return Parked(reach, mended_and_asked, on_server=True)


def _script_error(error_id: str = "x") -> ScriptError:
    details = ErrorDetails(
        error_id, "System.Exception", "System.Exception", "NotSpecified", ("no",)
    )
    return ScriptError(details)


def _contract_violated(hall: Hall) -> None:
    hall.fail(OperationFailed(Reason.CONTRACT_VIOLATED, "ex1 answered with something else."))
    hall.passes(3)


RUNS: dict[Reason, Parked] = {
    Reason.CREDENTIALS_REJECTED: Parked(
        then_passes(lambda hall: hall.fail(LogonRefused("The account is locked out."))),
        mended_and_asked,
        RECONCILE,
        on_server=True,
    ),
    Reason.UNREACHABLE: _failing(Unreachable("ex1 cannot be reached.")),
    Reason.TLS_FAILED: _failing(TlsFailed("ex1: TLS failed.")),
    Reason.FORBIDDEN: _failing(Forbidden("ex1 let the user log on, but not run commands.")),
    Reason.QUOTA_EXCEEDED: _failing(QuotaExceeded("ex1 allows no further shell.")),
    Reason.BUSY: _failing(Busy("Another run works on ex1.")),
    Reason.TIMED_OUT: _failing(TimedOut("ex1 did not answer in time.")),
    Reason.PROTOCOL_ERROR: _failing(ProtocolViolation("ex1 is no WinRM.", nothing_ran=True)),
    Reason.BLOCKED: _failing(Blocked("Antimalware.", BlockedBy.ANTIMALWARE, nothing_ran=True)),
    Reason.REMOTE_ERROR: _failing(_script_error()),
    Reason.WRONG_PRODUCT: _failing(_script_error("Modules_ModuleNotFound,x")),
    Reason.CONTRACT_VIOLATED: Parked(_contract_violated, mended_and_asked, on_server=True),
    Reason.OUTCOME_UNKNOWN: Parked(
        _outcome_unknown, Hall.ask_server, RECONCILE, on_server=True, passes=True
    ),
    Reason.OTHER_ORGANIZATION: Parked(
        then_passes(
            lambda hall: hall.organisation.__dict__.update(
                organization="CN=Fabrikam", signs_with="EE" * 20
            )
        ),
        Hall.ask_server,
        RECONCILE,
        on_server=True,
    ),
    Reason.INCOMPLETE_READ: Parked(
        then_passes(lambda hall: hall.organisation.__dict__.update(incomplete="A warning.")),
        mended_and_asked,
        on_server=True,
    ),
}
