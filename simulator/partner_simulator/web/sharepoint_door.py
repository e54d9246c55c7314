"""SharePoint's side of a trust: a token is judged by one server's workers, then the principal's permission."""

from __future__ import annotations

from partner_simulator.web.server import Response
from partner_simulator.world import names, sharepoint_timer, sharepoint_tokens
from partner_simulator.world.domain import Domain
from partner_simulator.world.objects import User
from partner_simulator.world.sharepoint_farm import FarmState, Kind, Permission
from partner_simulator.world.sharepoint_tokens import Accepted, Refusal, Rules
from partner_simulator.world.switches import Name

_NTLM = (("WWW-Authenticate", "NTLM"),)
_NO_PROFILE = b"Microsoft.Office.Server.UserProfiles.UserProfileNoUserFoundException"


def answer(domain: Domain, server: str, host: str, authorization: str) -> Response:
    """The client service of `server`, asked under the name `host`."""
    sharepoint_timer.run_when_due(domain)
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer" or not domain.farm_of(server).offers_bearer:
        return Response(401, headers=_NTLM)
    state = domain.farm_running(server)
    if not token.strip():
        return _challenge(state)
    switches = domain.switches
    verdict = sharepoint_tokens.judge(
        token.strip(),
        host,
        state,
        now=domain.clock.seconds(),
        rules=Rules(
            skew_seconds=switches[Name.SHAREPOINT_TOKEN_SKEW_SECONDS],
            needs_hybrid_flag=switches[Name.SHAREPOINT_HYBRID_FLAG],
            needs_root_authority=switches[Name.SHAREPOINT_ROOT_AUTHORITY],
        ),
    )
    if isinstance(verdict, Refusal):
        return _challenge(state, verdict)
    return _admit(domain, server, state, verdict)


def _admit(domain: Domain, server: str, state: FarmState, accepted: Accepted) -> Response:
    """What comes after a good token: the principal's permission, and the user's profile."""
    farm = domain.farm_of(server)
    name = accepted.issuer.registered_issuer_name
    if farm.application(Kind.APP_MANAGEMENT) is None:
        return Response(500, b"App Management Shared Service Proxy is not installed.")
    held = state.permissions.get(name.casefold(), Permission())
    if _needs_permission(domain, name) and not held.rights:
        return _challenge(state, sharepoint_tokens.no_principal(name))
    if not accepted.user:
        allowed = held.app_only or not _needs_permission(domain, name)
        refused = sharepoint_tokens.no_principal(name)
        return _taken(domain) if allowed else _challenge(state, refused)
    known = any(
        accepted.user.casefold()
        in (user.smtp_address.casefold(), user.user_principal_name.casefold())
        for user in domain.directory.find(User)
    )
    if farm.application(Kind.USER_PROFILE) is None or not known:
        return Response(500, _NO_PROFILE)
    return _taken(domain)


def _taken(domain: Domain) -> Response:
    return Response(domain.switches[Name.SHAREPOINT_SERVICE_STATUS])


def _needs_permission(domain: Domain, name: str) -> bool:
    is_lync = name.partition("@")[0].casefold() == names.LYNC_ID
    return not is_lync or bool(domain.switches[Name.SHAREPOINT_LYNC_PERMISSION])


def _challenge(state: FarmState, refused: Refusal | None = None) -> Response:
    known = [i.registered_issuer_name for i in state.issuers.values() if i.registered_issuer_name]
    bearer = (
        f'Bearer realm="{state.realm}",client_id="{names.SHAREPOINT_ID}",'
        f'trusted_issuers="{",".join(known)}"'
    )
    if refused is None:
        return Response(401, headers=(("WWW-Authenticate", bearer), *_NTLM))
    headers = (
        ("WWW-Authenticate", f'{bearer},error="invalid_token"'),
        *_NTLM,
        ("x-ms-diagnostics", str(refused)),
    )
    return Response(refused.status, refused.reason.encode(), headers=headers)
