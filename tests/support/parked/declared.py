"""What is declared stands in the way: references, what the owner allows, two objects for one thing, Secrets."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from partner_operator.engine.ports import Credentials, CredentialsProblem
from partner_operator.trust.model import Mode, ObjectKey, Right
from partner_operator.trust.obstacle import Next, Obstacle
from partner_operator.trust.reasons import ConditionType, Reason
from support.parked.hall import Hall
from support.parked.state import Parked, then_passes
from support.trust.worlds import OURS

RELEASE = "partner-operator.io/release"


def _wrong_object(reason: Reason) -> Parked:
    def reach(hall: Hall) -> None:
        for name in hall.names:
            hall.world.cluster.blockers[name] = Obstacle(reason, "As the reader says.", Next.HUMAN)
        hall.passes(2)

    def leave(hall: Hall) -> None:
        hall.world.cluster.blockers.clear()
        hall.each()

    return Parked(reach, leave)


def _twins(hall: Hall) -> None:
    for name in hall.names:
        old = hall.world.cluster.applications[name]
        twin = replace(
            old,
            key=ObjectKey("trust", f"{name}-twin", f"uid-{name}-twin"),
            created_at=hall.world.clock.now(),
            has_finalizer=False,
        )
        hall.world.cluster.add(twin)
        hall.watched.append(twin.key.name)
    hall.passes(2)


def _only_the_twins(hall: Hall) -> None:
    hall.declare(removal_settle=timedelta(0))
    for name in hall.names:
        hall.world.cluster.delete(name)
    hall.ask_server()


def _another_server(hall: Hall) -> None:
    cluster = hall.world.cluster
    old = cluster.servers[hall.server]
    key = ObjectKey("trust", "second", "uid-second")
    cluster.add_server(replace(old, key=key, created_at=hall.world.clock.now()))
    hall.server = "second"
    hall.passes(2)


def _only_one_server(hall: Hall) -> None:
    hall.world.cluster.servers.pop("exchange")


def _deletion_blocked(hall: Hall) -> None:
    hall.organisation.unreachable.update(hall.hosts)
    for name in hall.names:
        hall.world.cluster.delete(name)
    hall.passes(2)


def _release(hall: Hall) -> None:
    applications = hall.world.cluster.applications
    for name in hall.names:
        applications[name] = replace(
            applications[name], release_requested=applications[name].key.uid
        )


def _secret_back(hall: Hall) -> None:
    hall.world.cluster.credentials_by_server[hall.server] = Credentials(
        "admin", "geheim", "new", OURS
    )
    hall.world.cluster.problems.clear()
    hall.ask_server()


def _secret_problem(reason: Reason) -> Parked:
    def reach(hall: Hall) -> None:
        problem = CredentialsProblem(reason, "As kube/secrets says.")
        hall.world.cluster.credentials_by_server[hall.server] = problem
        hall.passes(2)

    return Parked(reach, _secret_back, on_server=True)


def _foreign_hosts(hall: Hall) -> None:
    elsewhere = Credentials("admin", "geheim", "new", ("*.fabrikam.example",))
    hall.world.cluster.credentials_by_server[hall.server] = elsewhere


def _unwritable(hall: Hall) -> None:
    hall.disable()
    hall.world.cluster.refusals.update(("application_status", name) for name in hall.names)


def _too_old(hall: Hall) -> None:
    told = Obstacle(Reason.CRD_TOO_OLD, "As kube/kinds says.", Next.HUMAN)
    hall.world.cluster.problems[hall.server] = told


def _server_gone(hall: Hall) -> None:
    hall.gone = hall.world.cluster.servers.pop(hall.server)
    hall.passes(2)


def _server_back(hall: Hall) -> None:
    assert hall.gone is not None
    hall.world.cluster.servers[hall.server] = hall.gone


DECLARED: dict[Reason, Parked] = {
    Reason.SUSPENDED: Parked(
        then_passes(lambda hall: hall.anew(mode=Mode.SUSPEND)),
        lambda hall: hall.each(mode=Mode.ENFORCE),
        "Set mode to Enforce",
        where=ConditionType.SUSPENDED,
    ),
    Reason.SERVER_NOT_FOUND: Parked(_server_gone, _server_back, "Create it"),
    **{
        reason: _wrong_object(reason)
        for reason in (
            Reason.PARTNER_NOT_FOUND,
            Reason.PRODUCT_MISMATCH,
            Reason.UNSUPPORTED_PAIR,
            Reason.INVALID_OBJECT,
        )
    },
    Reason.PARTNER_NOT_ALLOWED: Parked(
        then_passes(lambda hall: hall.declare(allowed_partners=())),
        lambda hall: hall.declare(allowed_partners=OURS),
        "allowedPartners",
    ),
    Reason.PERMISSION_NOT_ALLOWED: Parked(
        then_passes(lambda hall: hall.each(permission=Right.READ)),
        lambda hall: hall.declare(max_permission=Right.READ),
        "maxPermission",
    ),
    Reason.HOST_NOT_ALLOWED: Parked(
        then_passes(_foreign_hosts), _secret_back, "The key hosts of Secret", on_server=True
    ),
    Reason.CRD_TOO_OLD: Parked(
        then_passes(_too_old), lambda hall: hall.world.cluster.problems.clear(), on_server=True
    ),
    Reason.NOT_WRITTEN: Parked(
        then_passes(_unwritable),
        lambda hall: hall.world.cluster.refusals.clear(),
        "Change what refuses it",
        on_server=True,
    ),
    Reason.CONFLICT: Parked(_twins, _only_the_twins, "Delete one of the two"),
    Reason.DUPLICATE_SERVER: Parked(
        _another_server, _only_one_server, "Delete one of the two", on_server=True
    ),
    Reason.CREDENTIALS_MISSING: _secret_problem(Reason.CREDENTIALS_MISSING),
    Reason.CREDENTIALS_INVALID: _secret_problem(Reason.CREDENTIALS_INVALID),
    Reason.CA_BUNDLE_MISSING: Parked(
        then_passes(lambda hall: hall.world.cluster.lose_ca_bundle(hall.server)),
        _secret_back,
        on_server=True,
    ),
    Reason.DELETION_BLOCKED: Parked(_deletion_blocked, _release, RELEASE),
}
