"""Entries that are not as declared, and what keeps the operator from mending them."""

from __future__ import annotations

from dataclasses import replace

from partner_operator.engine.ports import OperationFailed
from partner_operator.products.sharepoint.permissions import obstacle
from partner_operator.trust.model import (
    AllowedTokenServer,
    Entry,
    Mode,
    Product,
    RestartPolicy,
    Right,
    TokenServer,
    behind_token_server,
)
from partner_operator.trust.obstacle import Next, Obstacle
from partner_operator.trust.reasons import ConditionType, Reason
from support.parked.hall import Hall
from support.parked.state import (
    RECONCILE,
    Parked,
    mended_and_asked_each,
    observes,
    pretends,
    rolled,
    then_passes,
)
from support.trust import worlds as values


def _behind(hall: Hall, *there: TokenServer) -> None:
    """The applications are declared anew, each behind a token server; the server has these."""
    hall.documents = (*hall.documents, values.sts())
    hall.declare(allowed_token_servers=(AllowedTokenServer("sts.litwareinc.com"),))
    for number, name in enumerate(hall.names):
        hall.world.cluster.recreate(name)
        identifier = f"0d0c0b0a-1111-2222-3333-{number:012x}"
        partner = behind_token_server(identifier, "", values.STS_URL)
        hall.world.cluster.change(name, partner=partner, identity=None)
    _token_servers(hall, *there)


def _token_servers(hall: Hall, *there: TokenServer) -> None:
    hall.organisation.model.token_servers = there
    hall.passes()


def _without_account(hall: Hall) -> None:
    """The account that the applications shall act with is not there."""
    hall.organisation.model.accounts = {ACCOUNT: 0}
    _behind(hall, values.token_server())
    line = AllowedTokenServer("sts.litwareinc.com", linked_accounts=(ACCOUNT,))
    hall.declare(allowed_token_servers=(line,))
    hall.each(linked_account=ACCOUNT)
    hall.passes()


def _account_made(hall: Hall) -> None:
    hall.organisation.model.accounts = {ACCOUNT: 1}
    hall.passes()


ACCOUNT = "litwareinc.com/Users/HR-ApplicationAccount"


def _no_root_site(hall: Hall) -> None:
    """What partners may do cannot be read there."""
    kind = "Microsoft.SharePoint.PowerShell.SPCmdletPipeBindException"
    fault = obstacle(kind, "Cannot find it.", "https://portal")
    hall.declare(max_permission=Right.READ)
    hall.each(permission=Right.READ)
    model = hall.organisation.model
    model.entries = tuple(replace(entry, permission_fault=fault) for entry in model.entries)


def _drift_persists(hall: Hall) -> None:
    hall.disable()
    pretends(hall)
    hall.passes(5)


def _another_writer(hall: Hall) -> None:
    hall.restarts(policy=RestartPolicy.NEVER)
    for _ in range(7):
        hall.disable()
        hall.passes()


def _ambiguous(hall: Hall) -> None:
    hall.anew()
    model = hall.organisation.model

    def named(entry: Entry, number: int) -> Entry:
        identity = f"{entry.identity} {number}"
        return replace(entry, identity=identity, reference=f"{entry.reference} {number}")

    model.entries = tuple(named(entry, number) for entry in model.entries for number in (1, 2))
    hall.passes(2)


def _without_copies(hall: Hall) -> None:
    model = hall.organisation.model
    model.entries = tuple(entry for entry in model.entries if not entry.identity.endswith(" 2"))


def _absent(hall: Hall) -> None:
    hall.organisation.model.entries = ()
    for host in hall.organisation.hosts:
        hall.organisation.running[host] = ()


def _creates_nothing(hall: Hall) -> None:
    # One of them: several would ask where they went together.
    name = hall.names[0]
    hall.watched = [name]
    hall.world.cluster.recreate(name)
    model = hall.organisation.model
    model.entries = tuple(entry for entry in model.entries if entry.identity != name)
    pretends(hall)
    hall.passes()


def _not_registered(hall: Hall) -> None:
    # Objects that remember an entry would ask where all of them went together.
    hall.anew(mode=Mode.OBSERVE)
    _absent(hall)
    hall.passes(2)


def _observed_drift(hall: Hall) -> None:
    hall.each(mode=Mode.OBSERVE)
    hall.disable()
    hall.passes(2)


def _farm_busy(hall: Hall) -> None:
    """Somebody else is at work in the farm whenever it is asked for a change."""

    async def fail(*_: object, **__: object) -> None:
        raise OperationFailed(Reason.FARM_BUSY, "As products/sharepoint says.", no_attempt=True)

    hall.organisation.apply = fail  # type: ignore[method-assign]  # the others win
    rolled(hall)
    hall.passes(3)


def _no_service_application(hall: Hall) -> None:
    # Objects that remember an entry would ask where all of them went together.
    hall.anew()
    _absent(hall)
    missing = "As products/sharepoint says."
    observes(hall, unready=Obstacle(Reason.SERVICE_APPLICATION_MISSING, missing, Next.HUMAN))
    hall.passes(2)


ENTRIES: dict[Reason, Parked] = {
    Reason.DRIFT_OBSERVED: Parked(
        _observed_drift, lambda hall: hall.each(mode=Mode.ENFORCE), "Mode is Observe"
    ),
    Reason.DRIFT_PERSISTS: Parked(_drift_persists, mended_and_asked_each, RECONCILE),
    Reason.ANOTHER_WRITER: Parked(_another_writer, Hall.ask, RECONCILE),
    Reason.FARM_BUSY: Parked(
        _farm_busy, mended_and_asked_each, product=Product.SHAREPOINT, passes=True
    ),
    Reason.SERVICE_APPLICATION_MISSING: Parked(
        _no_service_application, mended_and_asked_each, product=Product.SHAREPOINT
    ),
    Reason.TOKEN_SERVER_MISSING: Parked(
        lambda hall: _behind(hall),
        lambda hall: _token_servers(hall, values.token_server()),
        f"New-AuthServer -Name 'sts.litwareinc.com' -AuthMetadataUrl '{values.STS_URL}'",
    ),
    Reason.TOKEN_SERVER_DISABLED: Parked(
        lambda hall: _behind(hall, values.token_server(enabled=False)),
        lambda hall: _token_servers(hall, values.token_server()),
        "Set-AuthServer -Identity 'sts' -Enabled $true",
    ),
    Reason.TOKEN_SERVER_DIFFERS: Parked(
        lambda hall: _behind(hall, values.token_server(realm="old.example")),
        lambda hall: _token_servers(hall, values.token_server()),
        "Set-AuthServer -Identity 'sts' -RefreshAuthMetadata",
    ),
    Reason.LINKED_ACCOUNT_MISSING: Parked(
        _without_account, _account_made, "Make it (New-MailUser)"
    ),
    Reason.ROOT_SITE_MISSING: Parked(
        then_passes(_no_root_site), lambda hall: hall.each(permission=Right.NONE), "New-SPSite"
    ),
    Reason.NOT_REGISTERED: Parked(
        _not_registered,
        lambda hall: hall.each(mode=Mode.ENFORCE),
        where=ConditionType.REGISTERED,
    ),
    Reason.AMBIGUOUS: Parked(_ambiguous, _without_copies, "remove the others"),
    Reason.CREATED_NOTHING: Parked(
        _creates_nothing, mended_and_asked_each, "tries again", passes=True
    ),
}
