"""What the CRDs refuse, refused again for objects that are older than the rule; and what no CRD can find."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta

from partner_operator.kube.api.durations import format_duration
from partner_operator.kube.api.spec import AllowedPartner, ServerSpec, ServerTokenServer
from partner_operator.oauth.token_servers import is_of_a_cloud
from partner_operator.texts import shown
from partner_operator.trust.allowed import FORM, is_partner_pattern
from partner_operator.trust.model import AnyTest, RestartWindow
from partner_operator.trust.obstacle import Next, Obstacle
from partner_operator.trust.reasons import Reason
from partner_operator.trust.windows import WindowError, check_declared

Amount = int | timedelta
Bounds = tuple[str, Amount, Amount, Amount]
"""A field, its value, and from where to where the CRD lets it go."""


def beyond_limits(spec: ServerSpec) -> Obstacle | None:
    """Why a PartnerServer cannot be served as it is declared, or None."""
    return (
        _unusable_window(spec.restart.windows)
        or _unusable_pattern("allowedPartners", spec.allowed_partners)
        or _unusable_pattern("allowedTokenServers", spec.allowed_token_servers)
        or _made_of_a_cloud(spec.allowed_token_servers)
        or _out_of_bounds(
            [
                ("interval", spec.interval, timedelta(minutes=1), timedelta(hours=24)),
                ("restart.settle", spec.restart.settle, timedelta(0), timedelta(hours=1)),
                ("restart.maxPerDay", spec.restart.max_per_day, 1, 24),
                ("removal.settle", spec.removal.settle, timedelta(0), timedelta(hours=1)),
            ]
        )
    )


def beyond_test_limits(test: AnyTest, block: str) -> Obstacle | None:
    """Why a connectivity test cannot be run as it is declared in this block, or None."""
    low, high = timedelta(minutes=5), timedelta(hours=168)
    return _out_of_bounds([(f"{block}.connectivityTest.interval", test.interval, low, high)])


def _unusable_window(windows: Sequence[RestartWindow]) -> Obstacle | None:
    """Found when the object is read, and not when a restart is due: then nobody looks any more."""
    for place, window in enumerate(windows):
        try:
            check_declared(window)
        except WindowError as error:
            return _invalid(f"restart.windows[{place}].{error.field}", str(error))
    return None


def _unusable_pattern(
    block: str, allowed: Sequence[AllowedPartner | ServerTokenServer]
) -> Obstacle | None:
    for place, each in enumerate(allowed):
        if not is_partner_pattern(each.host):
            return _invalid(f"{block}[{place}].host", f"{FORM}.")
    return None


def _made_of_a_cloud(allowed: Sequence[ServerTokenServer]) -> Obstacle | None:
    for place, each in enumerate(allowed):
        if each.create and is_of_a_cloud(each.host):
            sentence = (
                f"{shown(each.host)} is, or covers, a token server of Microsoft's clouds, which only the hybrid set-up "
                "makes. Take create out."
            )
            return _invalid(f"allowedTokenServers[{place}].create", sentence)
    return None


def _out_of_bounds(found: Iterable[Bounds]) -> Obstacle | None:
    for field, value, low, high in found:
        # A value and its bounds are of one type: numbers, or durations.
        if not low <= value <= high:  # type: ignore[operator]  # see above
            return _invalid(
                field, f"{_amount(value)} is not between {_amount(low)} and {_amount(high)}."
            )
    return None


def _amount(value: Amount) -> str:
    return str(value) if isinstance(value, int) else format_duration(value)


def _invalid(field: str, sentence: str) -> Obstacle:
    return Obstacle(Reason.INVALID_OBJECT, f"spec.{field} cannot be used: {sentence}", Next.HUMAN)
