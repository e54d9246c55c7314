"""What partners may do on a farm's sites (P-SP-6): how it is read, what is in the way, and how it is changed."""

from __future__ import annotations

from collections.abc import Sequence

from partner_operator.engine.ports import OperationFailed
from partner_operator.oauth.identifiers import EXCHANGE, LYNC
from partner_operator.products.sharepoint.answers import PermissionAnswer
from partner_operator.texts import said
from partner_operator.trust.model import Permission, Right
from partner_operator.trust.obstacle import Next, Obstacle
from partner_operator.trust.plan import Change
from partner_operator.trust.reasons import Reason
from partner_operator.winrm import ErrorDetails

APP_MANAGEMENT = "Microsoft.SharePoint.AppManagement.AppManagementServiceApplicationProxy"
"""Class of the proxy through which sites find principals and their permissions."""
NO_APP_MANAGEMENT = (
    "The farm has no App Management service application with a proxy, so it has no place for the principals of token "
    "issuers. Make one: New-SPAppManagementServiceApplication, then New-SPAppManagementServiceApplicationProxy "
    "-UseDefaultProxyGroup."
)
PARTNERS = (EXCHANGE, LYNC)
"""Of whose principals it is asked what they may do."""
NO_WEB = "PartnerOperator.NoWeb"
"""What session.ps1 throws where Get-SPWeb shows nothing and no error."""
BEFORE_IT_IS_MADE = "Test-Web"
"""The function of register.ps1 that finds out whether permissions can be given. Function names are not localised."""
AFTER_IT_IS_MADE = ("Set-OldPermission", "Set-AppPermission")
"""Functions in which something may have been changed."""
IN_BETWEEN = ("Open-Web", "Find-AppPrincipal")
"""Those of update.ps1 and remove.ps1 that run first."""
_NO_RIGHT = "UnauthorizedAccessException"
_NO_SITE = "SPCmdletPipeBindException"
_RIGHTS = {str(right) for right in Right}


def web_of(auth_metadata_url: str) -> str:
    """The site that serves the farm's document: any site tells of the whole farm."""
    return auth_metadata_url[: len(auth_metadata_url.casefold().partition("/_layouts/")[0])]


def permission_of(
    told: PermissionAnswer, web: str, proxies: Sequence[str]
) -> tuple[Permission | None, Obstacle | None]:
    """What a principal may do, or why nobody knows."""
    if told.fault:
        return None, obstacle(
            told.fault, told.words, web, has_app_management=APP_MANAGEMENT in proxies
        )
    if told.right not in _RIGHTS:
        return None, Obstacle(
            Reason.REMOTE_ERROR,
            f"SharePoint shows the permission {told.right or '(none)'}, which no cmdlet gives. Set one of Read, Write, "
            "Manage and FullControl by hand, or take it away: Remove-SPAppPrincipalPermission -Scope SiteSubscription.",
            Next.RETRIED,
        )
    return Permission(Right(told.right), told.appOnly), None


def obstacle(kind: str, words: str, web: str, *, has_app_management: bool = True) -> Obstacle:
    """What is in the way of a permission, by the class of an exception. Texts are localised, classes are not."""
    name, sentence = kind.rpartition(".")[2], said(words, 300)
    if not has_app_management:
        return Obstacle(Reason.SERVICE_APPLICATION_MISSING, NO_APP_MANAGEMENT, Next.HUMAN)
    if name == _NO_RIGHT:
        return Obstacle(
            Reason.FORBIDDEN,
            f"The account has no right on the content database of {web} or on App Management's ({sentence}) Let one "
            "who owns them run Add-SPShellAdmin -UserName with -database for both: the Id of Get-SPContentDatabase "
            f"-Site {web}, and that of the App Management database in Get-SPDatabase.",
            Next.RETRIED,
        )
    if name == _NO_SITE:
        return Obstacle(
            Reason.ROOT_SITE_MISSING,
            f"{web} is no site collection of the farm ({sentence}) What partners may do is asked and given through "
            f"the one that spec.authMetadataUrl of the PartnerServer names. Make it: New-SPSite {web}; or declare the "
            "address of a web application that has one.",
            Next.HUMAN,
        )
    return Obstacle(Reason.REMOTE_ERROR, f"SharePoint refused it: {sentence}", Next.RETRIED)


def how_far(details: ErrorDetails) -> str:
    """What there is of an issuer whose permission failed, to begin a message with; empty for any other failure."""
    if BEFORE_IT_IS_MADE in details.position:
        return "Nothing is made yet, because the permission could not be given: "
    if any(name in details.position for name in (*IN_BETWEEN, *AFTER_IT_IS_MADE)):
        return "The token issuer is there, and its permission was not changed: "
    return ""


def failed(details: ErrorDetails, web: str, *, nothing_ran: bool) -> OperationFailed | None:
    """A failure of the functions that work with permissions; None for one of any other."""
    begin = how_far(details)
    if not begin:
        return None
    after = any(name in details.position for name in AFTER_IT_IS_MADE)
    no_web = details.error_id == NO_WEB
    kind = _NO_SITE if no_web else details.innermost_type or details.type
    words = (
        "Get-SPWeb shows nothing." if no_web else details.messages[-1] if details.messages else ""
    )
    found = obstacle(kind, words, web)
    return OperationFailed(
        found.reason,
        f"{begin}{found.message}",
        found.then,
        nothing_ran=nothing_ran or not after,
        no_attempt=True,
    )


def changing(change: Change, web: str) -> dict[str, object]:
    """What `Set-AppPermission` is told of the principal of an entry; `right` is empty where nothing is to be done."""
    aim = change.permission
    there = (change.entry.permission if change.entry else None) or Permission()
    return {
        "web": web if aim is not None else "",
        "right": str(aim.right) if aim is not None else "",
        "appOnly": aim is not None and aim.app_only,
        "rightBefore": str(there.right),
        "appOnlyBefore": there.app_only,
    }
