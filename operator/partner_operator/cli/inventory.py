"""Whether what a server has and nobody declared is told whole, and of now. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from partner_operator.cli.cluster import Body, CannotDo
from partner_operator.trust.conditions import find
from partner_operator.trust.reasons import ConditionType, Reason
from partner_operator.trust.status import ServerStatus


def must_be_whole(server: Body, status: ServerStatus) -> None:
    """The list of entries is proven whole by the last look, which was for the declaration as it is now.

    Raises CannotDo.
    """
    name, ready = server["metadata"]["name"], find(status.conditions, ConditionType.READY)
    told_raw = {each.get("type") for each in server.get("status", {}).get("conditions") or ()}
    if ready is None and ConditionType.READY in told_raw:
        raise CannotDo(
            f"PartnerServer {name} tells something that this program does not understand. The operator is newer: use "
            "the program of its version."
        )
    if status.organization is None or ready is None:
        raise CannotDo(
            f"The operator has not looked at PartnerServer {name} yet: see partner-operator doctor {name}."
        )
    if ready.observed_generation != server["metadata"]["generation"]:
        raise CannotDo(
            f"PartnerServer {name} was changed after the operator's last look. Wait for the next one."
        )
    if ready.reason is Reason.PROGRESSING:
        raise CannotDo(
            f"The operator is at work on PartnerServer {name}: {ready.message} Try again afterwards."
        )
    told = f"It says: {ready.reason}: {ready.message}"
    if status.undeclared_whole is None:
        raise CannotDo(
            f"The list of entries of PartnerServer {name} may be old: the operator's last look did not come to its "
            f"end, or the operator or its CRDs are older than this program. {told}"
        )
    if not status.undeclared_whole:
        raise CannotDo(
            f"The list of entries of PartnerServer {name} is not proven whole, so what is missing in it is not known. "
            f"{told}"
        )
    if status.undeclared_cut:
        raise CannotDo(
            f"The status of PartnerServer {name} lists {len(status.undeclared)} entries, and {status.undeclared_cut} "
            "more do not fit into it. Declare or remove some of them first."
        )
    if len(status.undeclared) != len(server["status"].get("undeclared") or ()):
        raise CannotDo(
            f"The status of PartnerServer {name} has entries that this program cannot read. The operator is newer: use "
            "the program of its version."
        )


def must_have_been_looked_at(server: Body, applications: Sequence[Body]) -> None:
    """What an object stands for is known when it was looked at: until then it counts as nobody's. Raises CannotDo."""
    name = server["metadata"]["name"]
    for each in applications:
        metadata = each["metadata"]
        conditions = (each.get("status") or {}).get("conditions") or ()
        seen = {found.get("observedGeneration") for found in conditions}
        if each["spec"]["serverRef"]["name"] == name and metadata["generation"] not in seen:
            raise CannotDo(
                f"The operator has not looked at PartnerApplication {metadata['name']} yet, so what it stands for "
                "would be exported a second time. Wait for that."
            )
