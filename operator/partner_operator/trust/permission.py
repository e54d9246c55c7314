"""What a partner is allowed beside being trusted, who gave it, and what of it is ours to change. Pure.

The rule in one sentence: what this object gave is kept as declared and taken when it is declared no more, and what
anybody else gave is left and told.
"""

from __future__ import annotations

from dataclasses import replace

from partner_operator.trust.match import same
from partner_operator.trust.model import (
    DesiredApplication,
    DesiredServer,
    Entry,
    Partner,
    Permission,
    Right,
)
from partner_operator.trust.obstacle import Next, Obstacle
from partner_operator.trust.plan import Difference, Field
from partner_operator.trust.product import Permissions, Rules
from partner_operator.trust.reasons import Reason
from partner_operator.trust.status import GivenPermission

_RANKS = {right: rank for rank, right in enumerate(Right)}


def permission_not_allowed(
    server: DesiredServer, application: DesiredApplication, given: GivenPermission | None
) -> Obstacle | None:
    """Why this server's owner must be asked before its partner may have what is declared; None: it may have it.

    Then nothing is begun for the object, and what it gave is neither repaired nor taken. Its deletion asks nobody.
    """
    asked, most = application.permission, server.max_permission
    if application.deleting or _RANKS[asked] <= _RANKS[most]:
        return None
    kept = (
        f"What this object gave before, up to {given.right}, stays until less is declared or the object is deleted."
        if given is not None
        else "Nothing is given."
    )
    return Obstacle(
        Reason.PERMISSION_NOT_ALLOWED,
        f"This object asks for the permission {asked}, and the owner of PartnerServer {server.key.name} allows {most} "
        f"at most (its maxPermission). {kept} Declare no more than {most}, or let the server's owner raise it.",
        Next.HUMAN,
    )


def permission_unsupported(rules: Rules | None, application: DesiredApplication) -> Obstacle | None:
    """Why no permission is given to this kind of partner; None: it can be, or none is asked."""
    partner, asked = application.partner, application.permission
    allowed = rules.permissions.without if rules is not None and rules.permissions else {}
    if asked is Right.NONE or rules is None or partner.name in allowed:
        return None
    return Obstacle(
        Reason.PRODUCT_MISMATCH,
        f"spec.{rules.options}.permission is {asked}, but {partner.name} needs no permission on {rules.product}, and "
        f"none is given to it. Take it out; it is for {' and '.join(allowed)}.",
        Next.HUMAN,
    )


def wanted(declared: Right, entry: Entry, given: GivenPermission | None) -> Permission | None:
    """What the principal of this entry shall be allowed instead of what it has; None: it is left as it is."""
    there, mine = entry.permission, _mine(given, entry)
    if declared is Right.NONE or there is None:
        return taken_back(entry, given)
    aim = Permission(declared, app_only=True)
    if mine is None:
        # More than is declared is somebody else's, and app-only would make it more still.
        return aim if _RANKS[there.right] <= _RANKS[declared] and there != aim else None
    if _RANKS[declared] < _RANKS[mine.before.right]:
        aim = mine.before
    return aim if there != aim else None


def taken_back(entry: Entry, given: GivenPermission | None) -> Permission | None:
    """What the principal is left when this object takes what it gave; None: nothing of it is there (any more).

    What is stronger than what it gave is somebody else's.
    """
    there, mine = entry.permission, _mine(given, entry)
    if there is None or mine is None:
        return None
    most = Permission(mine.right, app_only=True)
    ours = _strength(mine.before) < _strength(there) <= _strength(most)
    return mine.before if ours else None


def unreadable(entry: Entry, declared: Right, given: GivenPermission | None) -> Obstacle | None:
    """What is in the way where the permission matters and is not known; what is not known is never absent."""
    matters = declared is not Right.NONE or _mine(given, entry) is not None
    return entry.permission_fault if matters else None


def giving(entry: Entry, given: GivenPermission | None, aim: Permission) -> GivenPermission:
    """What to remember before `aim` is set: the most that this object may have given, and what others gave."""
    there, mine = entry.permission or Permission(), _mine(given, entry)
    if mine is None:
        return GivenPermission(_principal(entry), aim.right, there)
    return replace(
        mine,
        right=max(mine.right, aim.right, key=_RANKS.__getitem__),
        before=min(mine.before, there, key=_strength),
    )


def remembered(
    given: GivenPermission | None, declared: Right, entry: Entry
) -> GivenPermission | None:
    """What this object still has given, by what the server shows; what somebody else replaced is not ours any more."""
    there, mine = entry.permission, _mine(given, entry)
    if there is None or mine is None:
        return given if there is None else None
    if _strength(there) <= _strength(mine.before):
        return None
    if declared is Right.NONE:
        return mine if taken_back(entry, mine) is not None else None
    return replace(mine, right=declared) if there.right is declared else mine


def difference(
    rules: Rules, partner: Partner, current: Permission | None, aim: Permission
) -> Difference:
    """The same for people, with what the new permission means, or what does not work without one."""
    known, desired = rules.permissions, str(aim)
    means = known.means.get(aim.right, "") if known is not None and aim.app_only else ""
    missing = _without(known, partner) if known is not None and aim == Permission() else ""
    if means or missing:
        desired = f"{aim}, that is {means}" if means else f"{aim}, so that {missing}"
    return Difference(Field.PERMISSION, str(current or Permission()), desired)


def told(
    rules: Rules, partner: Partner, entry: Entry, declared: Right, given: GivenPermission | None
) -> str:
    """A sentence for people: what the partner is allowed, what that means, and whose word it is."""
    known, there = rules.permissions, entry.permission
    if known is None:
        return ""
    if there is None:
        fault = entry.permission_fault
        return (
            f"What {partner.name} is allowed there is not known: {fault.message}" if fault else ""
        )
    if there == Permission():
        missing = _without(known, partner)
        return f"{partner.name} has no permission: {missing}." if missing else ""
    means = (
        known.means.get(there.right, "")
        if there.app_only
        else "together with a user's own rights only"
    )
    sentence = f"{partner.name} has the permission {there}: {means or 'by its own token'}."
    if _mine(given, entry) is None and there != Permission(declared, app_only=True):
        sentence += (
            f" This object did not give it, and declares {declared}; it is left. {known.taking}"
        )
    return sentence


def _without(known: Permissions, partner: Partner) -> str:
    """What does not work for a partner that has none."""
    return next((text for name, text in known.without.items() if name == partner.name), "")


def _mine(given: GivenPermission | None, entry: Entry) -> GivenPermission | None:
    return given if given is not None and same(given.principal, _principal(entry)) else None


def _principal(entry: Entry) -> str:
    return f"{entry.application_identifier}@{entry.realm}"


def _strength(permission: Permission) -> tuple[int, bool]:
    return _RANKS[permission.right], permission.app_only
