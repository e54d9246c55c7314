"""A PartnerApplication as it is stored, with its references resolved and what is wrong with it."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import ValidationError

from partner_operator.engine.ports import DeclaredApplication
from partner_operator.kube.api.codec import application_status
from partner_operator.kube.api.names import REGISTRATION_FINALIZER, RELEASE
from partner_operator.kube.api.spec import (
    ApplicationSpec,
    Options,
    PermissionOptions,
    ServiceOptions,
)
from partner_operator.kube.limits import beyond_test_limits
from partner_operator.kube.parse.body import Body, annotation, common, deleted_at, invalid_object
from partner_operator.kube.parse.references import Surroundings
from partner_operator.kube.parse.unsupported import unsupported
from partner_operator.trust.allowed_partners import leads_elsewhere, partner_not_allowed
from partner_operator.trust.model import DesiredApplication, Partner, PartnerProfile, Right
from partner_operator.trust.obstacle import Obstacle
from partner_operator.trust.permission import permission_not_allowed
from partner_operator.trust.product import Catalog, Rules
from partner_operator.trust.status import ApplicationStatus


def declared_application(
    body: Body,
    server: Body | None,
    servers: Sequence[Body],
    catalog: Catalog,
    counterparts: Sequence[Body] = (),
) -> DeclaredApplication:
    """Read a single PartnerApplication and resolve its references, see `Surroundings`."""
    return read_application(body, Surroundings(server, servers, catalog, counterparts))


def read_application(body: Body, around: Surroundings) -> DeclaredApplication:
    """Read one of the applications that name the server of `around`, with its references resolved."""
    status = application_status(body.get("status"))
    try:
        spec = ApplicationSpec.model_validate(body["spec"])
    except ValidationError as error:
        desired = _unreadable_application(body, around.likely_partner)
        return DeclaredApplication(desired, status, invalid_object(error))
    partner, unresolved = around.partner(spec)
    desired = _desired(body, spec, partner, around.rules)
    found = _unusable(spec, desired, unresolved, around)
    blocker = _not_allowed(desired, status, found, around)
    return DeclaredApplication(desired, status, blocker, around.counterpart(spec, partner))


def _desired(
    body: Body, spec: ApplicationSpec, partner: Partner, rules: Rules | None
) -> DesiredApplication:
    own = spec.options(rules.options) if rules is not None else None
    options = own if isinstance(own, Options) else Options()
    return DesiredApplication(
        **common(body),
        deleted_at=deleted_at(body),
        server_name=spec.server_ref.name,
        partner=partner,
        identity=spec.identity,
        mode=spec.mode,
        deletion_policy=spec.deletion_policy,
        connectivity_test=own.test if own is not None else None,
        permission=own.permission if isinstance(own, PermissionOptions) else Right.NONE,
        linked_account=own.linked_account if isinstance(own, ServiceOptions) else None,
        release_requested=annotation(body, RELEASE),
        has_finalizer=_has_finalizer(body),
        trust_level=options.application_trust_level,
    )


def _unusable(
    spec: ApplicationSpec,
    desired: DesiredApplication,
    unresolved: Obstacle | None,
    around: Surroundings,
) -> Obstacle | None:
    """What is wrong with a declaration by itself."""
    product, rules, test = around.product, around.rules, desired.connectivity_test
    beyond = beyond_test_limits(test, rules.options) if rules is not None and test else None
    found = beyond or unresolved
    if found is not None or product is None:
        return found
    return unsupported(spec, desired, product, around.catalog)


def _not_allowed(
    desired: DesiredApplication,
    status: ApplicationStatus,
    found: Obstacle | None,
    around: Surroundings,
) -> Obstacle | None:
    """What the server's owner does not allow, told before or behind what else was found."""
    allowed, rules = around.allowed, around.rules
    if allowed is None:
        return found
    found = found or permission_not_allowed(allowed, desired, status.given_permission)
    if rules is not None:
        found = found or leads_elsewhere(allowed, desired, rules.options)
    return partner_not_allowed(allowed, desired, status.registration) or found


def _unreadable_application(body: Body, likely: PartnerProfile) -> DesiredApplication:
    return DesiredApplication(
        **common(body),
        deleted_at=deleted_at(body),
        server_name=body["spec"]["serverRef"]["name"],
        partner=Partner(likely, "", None),
        identity=None,
        release_requested=annotation(body, RELEASE),
        has_finalizer=_has_finalizer(body),
    )


def _has_finalizer(body: Body) -> bool:
    return REGISTRATION_FINALIZER in (body["metadata"].get("finalizers") or [])
