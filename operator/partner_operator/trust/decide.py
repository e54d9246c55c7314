"""The decision of a pass: what to change for each application, or why nothing may be changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from partner_operator.oauth.metadata import AuthMetadata
from partner_operator.texts import shown
from partner_operator.trust import permission, token_servers
from partner_operator.trust.absence import warned
from partner_operator.trust.certificate_check import HUMAN_ONLY, check_partner
from partner_operator.trust.claims import Claimed, Claims
from partner_operator.trust.conditions import Part
from partner_operator.trust.deletion import decide_deletion, find_own
from partner_operator.trust.differences import differences
from partner_operator.trust.entries import Entries
from partner_operator.trust.match import effective_identity, is_registered, same
from partner_operator.trust.model import (
    DesiredServer,
    Entry,
    EntryKind,
    Mode,
    Observed,
    Permission,
    Right,
)
from partner_operator.trust.obstacle import Next, Obstacle
from partner_operator.trust.plan import (
    ApplicationView,
    Change,
    Decision,
    Difference,
    Field,
    made_by_us,
)
from partner_operator.trust.product import Activation, Rules, TokenServers
from partner_operator.trust.reasons import ConditionStatus, Reason
from partner_operator.trust.search import (
    Match,
    find_entry,
    find_registered,
    find_unreadable,
    turned,
)
from partner_operator.trust.status import ChangeKind

__all__ = ["ApplicationView", "decide"]


@dataclass(frozen=True, slots=True)
class _Case:
    """One application with everything that was found out about it."""

    rules: Rules
    server: DesiredServer
    view: ApplicationView
    entries: Entries
    match: Match
    metadata: Part
    document: AuthMetadata | None

    @property
    def observed(self) -> Observed:
        """The read that the decision rests on."""
        return self.entries.observed


def decide(
    rules: Rules,
    server: DesiredServer,
    applications: Sequence[ApplicationView],
    observed: Observed,
    elsewhere: Sequence[ApplicationView] = (),
    entries: Entries | None = None,
) -> tuple[Decision, ...]:
    """One decision per application, in the order of `applications`.

    Pure: the same answer for the same values, whatever the order of entries. Certificates of
    partners are judged by `observed.clock`. At most one change per application, and never two
    for one entry. `change` is None whenever `blocker` is set; `planned` then says what would be
    done. In mode Observe `planned` holds the differences; in mode Suspend there are none.
    `elsewhere`: live applications of another PartnerServer for this organisation, which may be heirs.
    `entries`: those of `observed`, where somebody has made them already.
    """
    entries = entries or Entries(observed)
    cases = [_look_at(rules, server, view, entries) for view in applications]
    others = [_look_at(rules, server, view, entries) for view in elsewhere]
    claims = Claims([_claimed(case) for case in cases], [_claimed(case) for case in others])
    return tuple(_decide_one(case, claims) for case in cases)


def _claimed(case: _Case) -> Claimed:
    return case.view, case.match.entry, case.document


def _look_at(rules: Rules, server: DesiredServer, view: ApplicationView, entries: Entries) -> _Case:
    partner, observed = view.desired.partner, entries.observed
    reading = observed.documents.get(partner.auth_metadata_url)
    metadata = check_partner(reading, partner, observed.clock)
    wrong = metadata.reason is Reason.METADATA_WRONG_PRODUCT or partner.behind_token_server
    document = None if reading is None or wrong else reading.document
    registration = view.status.registration
    if view.desired.deleting:
        found = find_own(view, document, entries)
    elif view.blocker is not None:
        found = find_registered(registration, entries)
    else:
        found = _without_owned(rules, find_entry(view.desired, registration, document, entries))
    return _Case(rules, server, view, entries, found, metadata, document)


def _without_owned(rules: Rules, found: Match) -> Match:
    """What a hybrid set-up made is no choice where something else could be meant."""
    free = tuple(entry for entry in found.candidates if not rules.owner(entry))
    return (
        Match(entry=free[0])
        if len(free) == 1
        else replace(found, candidates=free or found.candidates)
    )


def _decide_one(case: _Case, claims: Claims) -> Decision:
    if case.view.desired.deleting:
        owner = case.rules.owner(case.match.entry) if case.match.entry is not None else ""
        return decide_deletion(
            case.view, case.match, case.entries, claims, case.document, owner=owner
        )
    blocker = _declaration_blocker(case, claims)
    decision = Decision(
        application=case.view.desired.key,
        entry=case.match.entry if blocker is None or claims.owner_of(case.view) is None else None,
        created_by_us=made_by_us(case.view, case.match.entry)
        or claims.inherits(case.view, case.match.entry),
    )
    if case.view.desired.mode is Mode.SUSPEND:
        return replace(decision, blocker=blocker)
    if blocker is not None:
        return replace(decision, blocker=blocker)
    return _with_change(case, decision)


def _declaration_blocker(case: _Case, claims: Claims) -> Obstacle | None:
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


def _of_others(case: _Case) -> Obstacle | None:
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
            "again. Declare "
            "another spec.identity, in a new object."
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


def _hybrids_name(case: _Case) -> str:
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


def _ambiguity(case: _Case) -> Obstacle | None:
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


def _with_change(case: _Case, decision: Decision) -> Decision:
    unread = _incomplete(case.observed)
    unreadable = find_unreadable(
        case.view.desired, case.view.status.registration, case.match, case.entries
    )
    if unreadable is not None:
        return replace(decision, blocker=warned(case.observed, unreadable))
    if case.match.entry is None and unread is not None:
        return replace(decision, blocker=unread)
    decision = replace(decision, absent=case.match.entry is None)
    if case.view.desired.partner.behind_token_server:
        return _behind_token_server(case, decision, unread)
    if case.document is None or case.metadata.status is not ConditionStatus.TRUE:
        taking = _taking(case)
        if taking is not None:
            return replace(decision, change=taking)
        return replace(decision, blocker=_document_blocker(case.metadata))
    change = _change(case, case.document)
    if change is None:
        return replace(decision, blocker=_permission_unknown(case))
    return _planned(case, decision, change, unread)


def _behind_token_server(case: _Case, decision: Decision, unread: Obstacle | None) -> Decision:
    """Its token server must be there, enabled and declared: any other that is there would vouch for it too."""
    product, partner = case.rules.token_servers, case.view.desired.partner
    assert product is not None, "the reader refuses it where the product has none"
    change = _change_behind(case, product)
    if case.metadata.status is ConditionStatus.FALSE:
        return replace(decision, blocker=_document_blocker(case.metadata), planned=change)
    stopped = token_servers.obstacle(product, case.server, partner, case.observed, case.metadata)
    if stopped is not None:
        return replace(decision, blocker=stopped, planned=change)
    if change is None:
        return decision
    if Field.TOKEN_SERVER in change.fields and case.metadata.status is not ConditionStatus.TRUE:
        # Nobody makes the server trust what it cannot read.
        return replace(decision, blocker=_document_blocker(case.metadata), planned=change)
    if change.kind is ChangeKind.REGISTER or Field.LINKED_ACCOUNT in change.fields:
        unlinkable = token_servers.account_obstacle(product, case.view.desired, case.observed)
        if unlinkable is not None:
            return replace(decision, blocker=unlinkable, planned=change)
    return _planned(case, decision, change, unread)


def _change_behind(case: _Case, product: TokenServers) -> Change | None:
    view, entry = case.view, case.match.entry
    enforced = view.desired.mode is Mode.ENFORCE
    asked = view.asks_again and enforced and not view.read_again
    of_server = token_servers.differences(
        product, case.server, view.desired, case.observed, asked=asked
    )
    if entry is None:
        made = Difference(Field.ENTRY, "", effective_identity(view.desired))
        # What it has of the token server can be read again when the entry is there.
        needed = tuple(each for each in of_server if each.field is Field.TOKEN_SERVER)
        return _sized(case, ChangeKind.REGISTER, (made, *needed))
    found = differences(case.rules, view.desired, entry, None, None, case.observed)
    if {difference.field for difference in found} & case.rules.immutable:
        return _sized(case, ChangeKind.RECREATE, (*found, *of_server))
    if not found and not of_server:
        return None
    change = _sized(case, ChangeKind.UPDATE, (*found, *of_server))
    alone = change.fields == {Field.TOKEN_SERVER_KEYS}
    return replace(change, asked=asked and alone and not of_server[0].current)


def _planned(case: _Case, decision: Decision, change: Change, unread: Obstacle | None) -> Decision:
    if unread is not None:
        return replace(decision, blocker=unread, planned=change)
    if case.view.desired.mode is Mode.OBSERVE:
        return replace(decision, planned=change)
    if case.observed.unready is not None and change.kind is not ChangeKind.UPDATE:
        return replace(decision, blocker=case.observed.unready, planned=change)
    return replace(decision, change=change)


def _change(case: _Case, document: AuthMetadata) -> Change | None:
    desired, entry = case.view.desired, case.match.entry
    if entry is None:
        made = Difference(Field.ENTRY, "", effective_identity(desired))
        return _sized(case, ChangeKind.REGISTER, (made, *_to_be_given(case)))
    registration, given = case.view.status.registration, case.view.status.given_permission
    known = registration if is_registered(entry, registration) else None
    found = differences(case.rules, desired, entry, known, document, case.observed)
    if {difference.field for difference in found} & case.rules.immutable:
        # Another principal: what this object gave to the old one goes with it.
        change = _sized(case, ChangeKind.RECREATE, (*found, *_to_be_given(case)))
        return replace(change, permission=permission.taken_back(entry, given))
    aim = permission.wanted(desired.permission, entry, given)
    if aim is not None:
        found = (*found, _permission(case, entry.permission, aim))
    if not found:
        return _reading_again(case, entry, document)
    change = _sized(case, ChangeKind.UPDATE, found)
    if aim is None:
        return change
    gives = desired.permission is not Right.NONE
    giving = permission.giving(entry, given, aim) if gives else None
    return replace(change, permission=aim, giving=giving)


def _to_be_given(case: _Case) -> tuple[Difference, ...]:
    """What an entry that is made now is given afterwards, when it is seen what its principal has already.

    That nothing is given is told too, where something will not work without it.
    """
    asked, known = case.view.desired.permission, case.rules.permissions
    if known is None or case.view.desired.partner.name not in known.without:
        return ()
    aim = Permission(asked, app_only=asked is not Right.NONE)
    return (_permission(case, None, aim),)


def _permission(case: _Case, current: Permission | None, aim: Permission) -> Difference:
    return permission.difference(case.rules, case.view.desired.partner, current, aim)


def _taking(case: _Case) -> Change | None:
    """What this object gave and declares no more is taken whatever became of the partner's document."""
    entry, view = case.match.entry, case.view
    asked, enforced = view.desired.permission, view.desired.mode is Mode.ENFORCE
    if entry is None or not enforced or asked is not Right.NONE or case.observed.incomplete:
        return None
    back = permission.taken_back(entry, view.status.given_permission)
    if back is None:
        return None
    difference = _permission(case, entry.permission, back)
    return replace(_sized(case, ChangeKind.UPDATE, (difference,)), permission=back)


def _permission_unknown(case: _Case) -> Obstacle | None:
    entry, status = case.match.entry, case.view.status
    if entry is None:
        return None
    return permission.unreadable(entry, case.view.desired.permission, status.given_permission)


def _reading_again(case: _Case, entry: Entry, document: AuthMetadata) -> Change | None:
    """What a human's word does where the product shows no certificates: the belief about them may be wrong.

    An adopted entry may have been read from an older document, so that no token is accepted and nothing differs.
    A passed test proves the belief.
    """
    view, tested = case.view, case.view.status.connectivity
    if view.desired.mode is not Mode.ENFORCE or case.observed.incomplete is not None:
        return None
    proven = tested is not None and tested.passed
    if entry.thumbprints is not None or proven or view.read_again or not view.asks_again:
        return None
    difference = Difference(Field.CERTIFICATES, "", ", ".join(sorted(document.thumbprints)))
    return replace(_sized(case, ChangeKind.UPDATE, (difference,)), asked=True)


def _sized(case: _Case, kind: ChangeKind, found: tuple[Difference, ...]) -> Change:
    fields = {difference.field for difference in found}
    return Change(
        kind=kind,
        application=case.view.desired.key,
        entry=case.match.entry,
        differences=found,
        needs_restart=case.rules.activation is Activation.RESTART
        and not fields <= case.rules.harmless,
    )


def _incomplete(observed: Observed) -> Obstacle | None:
    if observed.incomplete is None:
        return None
    message = (
        f"The list of partner applications on {observed.called} is not proven whole, so the operator changes "
        f"nothing: {observed.incomplete}"
    )
    return Obstacle(Reason.INCOMPLETE_READ, message, Next.RETRIED)


def _document_blocker(metadata: Part) -> Obstacle:
    then = Next.HUMAN if metadata.reason in HUMAN_ONLY else Next.RETRIED
    return Obstacle(metadata.reason, metadata.message, then)


def _shown(entry: Entry) -> str:
    where = entry.metadata_url or entry.realm or "no readable URL"
    return f"{entry.identity} ({where})"
