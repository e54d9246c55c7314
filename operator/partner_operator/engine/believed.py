"""Whose word counts about an organisation: any server can answer that it is one."""

from __future__ import annotations

from partner_operator.engine.ports import OtherServer
from partner_operator.engine.state import Pass, Reached
from partner_operator.trust.conditions import ready_reason
from partner_operator.trust.match import same
from partner_operator.trust.reasons import Reason


def is_believed(work: Pass, other: OtherServer) -> bool:
    """Whether another PartnerServer counts as one of the organisation that it says to have.

    In the same namespace its owner is ours. Elsewhere anybody could let a machine of his answer for our
    organisation, and stop our work or inherit what we remove: our own servers must name the host that answered there
    as one of theirs. While they do not answer, what they said before holds, and the hosts that our owner lists.
    """
    if other.key.namespace == work.server.key.namespace:
        return True
    host = other.answered_by
    if host is None:
        return False
    if isinstance(work, Reached):
        return any(same(host, member) for member in work.observed.members)
    listed = any(same(host, each) for each in work.server.hosts)
    return listed or ready_reason(work.declared.status.conditions) is Reason.DUPLICATE_SERVER
