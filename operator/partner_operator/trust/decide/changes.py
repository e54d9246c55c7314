"""The smallest change that makes what stands on the server as it is declared."""

from __future__ import annotations

from dataclasses import replace

from partner_operator.oauth.metadata import AuthMetadata
from partner_operator.trust import permission, token_servers
from partner_operator.trust.decide.case import Case
from partner_operator.trust.differences import differences
from partner_operator.trust.match import effective_identity, is_registered
from partner_operator.trust.model import Entry, Mode, Permission, Right
from partner_operator.trust.plan import Change, Difference, Field
from partner_operator.trust.product import Activation, TokenServers
from partner_operator.trust.status import ChangeKind


def change_of(case: Case, document: AuthMetadata) -> Change | None:
    """For a partner with keys of its own, which this document publishes; None: it is as declared."""
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


def change_behind(case: Case, product: TokenServers) -> Change | None:
    """For a partner behind a token server; None: the entry and the token server are as declared."""
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


def taking_back(case: Case) -> Change | None:
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


def _to_be_given(case: Case) -> tuple[Difference, ...]:
    """What an entry that is made now is given afterwards, when it is seen what its principal has already.

    That nothing is given is told too, where something will not work without it.
    """
    asked, known = case.view.desired.permission, case.rules.permissions
    if known is None or case.view.desired.partner.name not in known.without:
        return ()
    aim = Permission(asked, app_only=asked is not Right.NONE)
    return (_permission(case, None, aim),)


def _permission(case: Case, current: Permission | None, aim: Permission) -> Difference:
    return permission.difference(case.rules, case.view.desired.partner, current, aim)


def _reading_again(case: Case, entry: Entry, document: AuthMetadata) -> Change | None:
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


def _sized(case: Case, kind: ChangeKind, found: tuple[Difference, ...]) -> Change:
    fields = {difference.field for difference in found}
    return Change(
        kind=kind,
        application=case.view.desired.key,
        entry=case.match.entry,
        differences=found,
        needs_restart=case.rules.activation is Activation.RESTART
        and not fields <= case.rules.harmless,
    )
