"""What stands against an application before its content is looked at: others' claims, others' entries, doubt."""

from __future__ import annotations

from partner_operator.texts import shown
from partner_operator.trust.claims import Claims
from partner_operator.trust.decide.case import Case
from partner_operator.trust.match import effective_identity, same
from partner_operator.trust.model import Entry, EntryKind
from partner_operator.trust.obstacle import Next, Obstacle
from partner_operator.trust.reasons import Reason
from partner_operator.trust.search import turned


def declaration_blocker(case: Case, claims: Claims) -> Obstacle | None:
    """What stands against this application before its content is even looked at."""
    if case.view.blocker is not None:
        return case.view.blocker
    partner = case.view.desired.partner
    if partner.identifier == case.rules.profile.identifier:
        message = (
            f"{partner.name} cannot be a partner application of {partner.name}: only different products "
            "accept each other's tokens. Name another partner."
        )
        return Obstacle(Reason.UNSUPPORTED_PAIR, message, Next.HUMAN)
    owner = claims.owner_of(case.view)
    if owner is not None and claims.wants_only_the_name_of(case.view, owner):
        message = (
            f"The name {effective_identity(case.view.desired)} on {case.server.product} is that of PartnerApplication "
            f"{owner.name}, which is for another partner and older. Delete this object and make it again with a "
            "spec.identity of its own."
        )
        return Obstacle(Reason.CONFLICT, message, Next.HUMAN)
    if owner is not None:
        message = (
            f"PartnerApplication {owner.name} claims the same partner application on {case.server.product} "
            "and is older. Delete one of the two objects; the registration is handed over."
        )
        return Obstacle(Reason.CONFLICT, message, Next.HUMAN)
    return _of_others(case) or _ambiguity(case)


def _of_others(case: Case) -> Obstacle | None:
    """What a hybrid set-up made, or made of an entry of ours, is told and left alone."""
    entry, desired = case.match.entry, case.view.desired
    whose = case.rules.owner(entry) if entry is not None else ""
    if entry is not None and whose:
        message = (
            f"{shown(entry.identity)} belongs to {whose} and is neither changed nor removed, whatever an object says. "
            "Declare the realm that this object is for, or delete the object."
        )
        return Obstacle(Reason.CONFLICT, message, Next.HUMAN)
    taken = _hybrids_name(case)
    if taken:
        message = (
            f"{effective_identity(desired)} is a name of {taken}, so the operator would never touch what bears it "
            "again. Declare another spec.identity, in a new object."
        )
        return Obstacle(Reason.CONFLICT, message, Next.HUMAN)
    other = turned(desired, case.view.status.registration, case.entries) if entry is None else None
    if other is None or other.warning:
        return None
    sources = {
        EntryKind.TOKEN_SERVER: "gets its tokens from a token server now",
        EntryKind.OWN_KEYS: "is trusted by keys of its own now, and by no token server",
    }
    message = (
        f"Partner application {shown(other.identity)} for {desired.partner.name} {sources[other.kind]}. Perhaps a "
        "script of a hybrid set-up did that, or needs it so; the operator never turns it back. Make a new "
        "PartnerApplication with another spec.identity, and delete this one: that entry stays."
    )
    return Obstacle(Reason.CONFLICT, message, Next.HUMAN)


def _hybrids_name(case: Case) -> str:
    """Whose the name is that this object declares, where an entry of that name would be taken for another's."""
    desired = case.view.desired
    would_be = Entry(
        reference="",
        identity=effective_identity(desired),
        application_identifier=desired.partner.identifier,
        realm=desired.partner.realm,
        issuer="",
        metadata_url="",
        kind=desired.partner.kind,
        enabled=True,
        accepts_security_identifiers=False,
    )
    return case.rules.owner(would_be)


def _ambiguity(case: Case) -> Obstacle | None:
    if case.match.candidates:
        names = ", ".join(_shown(entry) for entry in case.match.candidates)
        message = (
            f"Several partner applications could be meant: {names}. Set identity to the one that shall "
            "stand for this object, or remove the others."
        )
        return Obstacle(Reason.AMBIGUOUS, message, Next.HUMAN)
    if case.match.squatter is not None and not case.match.squatter.warning:
        squatter, partner = case.match.squatter, case.view.desired.partner
        alike = same(squatter.application_identifier, partner.identifier)
        whom = f"another {partner.name} (realm {squatter.realm})" if alike else "somebody else"
        message = (
            f"{_shown(squatter)} has the identity that this object needs and is for {whom}. Declare another identity, "
            "or remove that partner application if nobody needs it."
        )
        return Obstacle(Reason.CONFLICT, message, Next.HUMAN)
    return None


def _shown(entry: Entry) -> str:
    where = entry.metadata_url or entry.realm or "no readable URL"
    return f"{entry.identity} ({where})"
