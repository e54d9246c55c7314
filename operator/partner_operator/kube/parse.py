"""From objects as the API server stores them to the values that the engine works with. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from pydantic import ValidationError

from partner_operator.engine.counterpart import view_of
from partner_operator.engine.ports import CounterpartView, DeclaredApplication, OtherServer
from partner_operator.kube.api.codec import application_status, server_status
from partner_operator.kube.api.names import (
    APPROVE_RESTART,
    RECONCILE_REQUESTED_AT,
    REGISTRATION_FINALIZER,
    RELEASE,
)
from partner_operator.kube.api.spec import (
    ApplicationSpec,
    ConfigMapKey,
    Options,
    PermissionOptions,
    ServerSpec,
    ServiceOptions,
)
from partner_operator.kube.limits import beyond_limits, beyond_test_limits
from partner_operator.oauth.identifiers import describe
from partner_operator.texts import said, shown
from partner_operator.trust.allowed_partners import leads_elsewhere, partner_not_allowed
from partner_operator.trust.conditions import stands_back
from partner_operator.trust.model import (
    AllowedTokenServer,
    Authentication,
    DesiredApplication,
    DesiredServer,
    Mode,
    ObjectKey,
    Partner,
    PartnerProfile,
    Product,
    RestartPolicy,
    RestartRules,
    Right,
    behind_token_server,
)
from partner_operator.trust.obstacle import Next, Obstacle
from partner_operator.trust.permission import permission_not_allowed, permission_unsupported
from partner_operator.trust.product import Catalog, Rules
from partner_operator.trust.reasons import Reason

Body = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ParsedServer:
    """What one PartnerServer says, and what is wrong with it."""

    desired: DesiredServer
    ca_bundle: ConfigMapKey | None
    problem: Obstacle | None


def key_of(body: Body) -> ObjectKey:
    """Name and uid of an object."""
    metadata = body["metadata"]
    return ObjectKey(metadata["namespace"], metadata["name"], metadata["uid"])


def created_at(body: Body) -> datetime:
    """When an object was created."""
    return datetime.fromisoformat(body["metadata"]["creationTimestamp"])


def annotation(body: Body, name: str) -> str | None:
    """The value of an annotation, as `status` writes it: what was handled is found again."""
    value = (body["metadata"].get("annotations") or {}).get(name)
    return shown(str(value)) if value is not None else None


def parse_server(body: Body, catalog: Catalog) -> ParsedServer:
    """Read a PartnerServer. One that cannot be read has a problem, and nothing is done for it."""
    try:
        spec = ServerSpec.model_validate(body["spec"])
    except ValidationError as error:
        return ParsedServer(_unreadable_server(body), None, _invalid_object(error))
    bundle = spec.winrm.ca_bundle
    rules = catalog.rules.get(spec.product)
    usual = rules.authentication if rules is not None else Authentication.CREDSSP
    return ParsedServer(
        desired=DesiredServer(
            **_common(body),
            product=spec.product,
            auth_metadata_url=spec.auth_metadata_url,
            hosts=tuple(spec.hosts),
            port=spec.winrm.port,
            authentication=spec.winrm.authentication or usual,
            ca_bundle=None,
            restart=_restart(spec, body, rules),
            interval=spec.interval,
            removal_settle=spec.removal.settle,
            restart_approved=annotation(body, APPROVE_RESTART),
            credentials_secret=spec.credentials_secret_ref.name,
            allowed_partners=tuple(each.host for each in spec.allowed_partners),
            allowed_token_servers=tuple(
                AllowedTokenServer(each.host, each.create, tuple(each.linked_accounts))
                for each in spec.allowed_token_servers
            ),
            max_permission=spec.max_permission,
        ),
        ca_bundle=bundle.config_map_key_ref if bundle else None,
        problem=beyond_limits(spec),
    )


def other_server(body: Body) -> OtherServer | None:
    """Another server of the cluster, as far as finding duplicates needs it."""
    product = body.get("spec", {}).get("product")
    if product not in list(Product):
        return None
    status = server_status(body.get("status"))
    return OtherServer(
        key=key_of(body),
        created_at=created_at(body),
        product=Product(product),
        organization=status.organization,
        answered_by=status.answered_by,
        deleting="deletionTimestamp" in body["metadata"],
        stands_back=stands_back(status.conditions),
        removals=status.removals,
    )


def declared_application(
    body: Body,
    server: Body | None,
    servers: Sequence[Body],
    catalog: Catalog,
    counterparts: Sequence[Body] = (),
) -> DeclaredApplication:
    """Read a PartnerApplication and resolve its references, as `Surroundings` does."""
    return Surroundings(server, servers, catalog, counterparts).read(body)


class Surroundings:
    """What the references of PartnerApplications that name one server may lead to; made once for all of them."""

    def __init__(
        self,
        server: Body | None,
        servers: Sequence[Body],
        catalog: Catalog,
        counterparts: Sequence[Body] = (),
    ) -> None:
        """`server` is the PartnerServer that they name, None where there is none; `servers` are all of its
        namespace; `counterparts` are PartnerApplications that trust `server`.
        """
        self.catalog = catalog
        self.product = _product(server)
        self.rules = catalog.rules.get(self.product) if self.product is not None else None
        self.allowed = parse_server(server, catalog).desired if server is not None else None
        self.servers: dict[str, Body] = {}
        """Those that can be partners, by name."""
        for each in servers:
            if _product(each) is not None:
                self.servers.setdefault(each["metadata"]["name"], each)
        self.counterparts: dict[str, list[Body]] = defaultdict(list)
        """By the server that they name."""
        for each in counterparts:
            self.counterparts[each["spec"]["serverRef"]["name"]].append(each)

    def read(self, body: Body) -> DeclaredApplication:
        """One of the applications, with its references resolved."""
        return _declared(body, self)


def _declared(body: Body, around: Surroundings) -> DeclaredApplication:
    status = application_status(body.get("status"))
    catalog, product, rules, allowed = around.catalog, around.product, around.rules, around.allowed
    likely = _likely_partner(rules, catalog)
    try:
        spec = ApplicationSpec.model_validate(body["spec"])
    except ValidationError as error:
        desired = _unreadable_application(body, likely)
        return DeclaredApplication(desired, status, _invalid_object(error))
    partner, blocker = _partner(spec, likely, around.servers, catalog)
    own = spec.options(rules.options) if rules is not None else None
    options = own if isinstance(own, Options) else Options()
    asked = own.permission if isinstance(own, PermissionOptions) else Right.NONE
    test = own.test if own is not None else None
    account = own.linked_account if isinstance(own, ServiceOptions) else None
    desired = DesiredApplication(
        **_common(body),
        deleted_at=_deleted_at(body),
        server_name=spec.server_ref.name,
        partner=partner,
        identity=spec.identity,
        mode=spec.mode,
        deletion_policy=spec.deletion_policy,
        connectivity_test=test,
        permission=asked,
        linked_account=account,
        release_requested=annotation(body, RELEASE),
        has_finalizer=REGISTRATION_FINALIZER in (body["metadata"].get("finalizers") or []),
        trust_level=options.application_trust_level,
    )
    if rules is not None and test is not None:
        blocker = beyond_test_limits(test, rules.options) or blocker
    if blocker is None and product is not None:
        blocker = _wrong_block(spec, product, catalog) or _unsupported(product, partner, catalog)
        blocker = blocker or _no_account(rules, desired)
        blocker = blocker or permission_unsupported(rules, desired)
    if blocker is None and rules is not None and test is not None and not desired.deleting:
        blocker = _no_such_test(rules, partner)
    if allowed is not None:
        given = status.given_permission
        blocker = blocker or permission_not_allowed(allowed, desired, given)
        if rules is not None:
            blocker = blocker or leads_elsewhere(allowed, desired, rules.options)
        blocker = partner_not_allowed(allowed, desired, status.registration) or blocker
    view = None
    if spec.partner_ref is not None:
        others = catalog.rules.get(Product(partner.name))
        gradual = others is not None and others.takes_over_within is not None
        name = spec.partner_ref.name
        view = counterpart_view(name, around.counterparts.get(name, ()), gradual=gradual)
    return DeclaredApplication(desired, status, blocker, view)


def counterpart_view(
    partner: str, candidates: Sequence[Body], *, gradual: bool = False
) -> CounterpartView | None:
    """The declared other direction: of those that trust our server, one on the partner's server.

    Of several, one that stays wins, then the oldest. `gradual`: of the partner's product.
    """
    found = [body for body in candidates if body["spec"]["serverRef"]["name"] == partner]
    if not found:
        return None
    chosen = min(
        found,
        key=lambda body: (
            "deletionTimestamp" in body["metadata"],
            created_at(body),
            body["metadata"]["name"],
        ),
    )
    mode = chosen["spec"].get("mode")
    return view_of(
        chosen["metadata"]["name"],
        application_status(chosen.get("status")),
        generation=chosen["metadata"]["generation"],
        mode=Mode(mode) if mode in list(Mode) else Mode.ENFORCE,
        deleting="deletionTimestamp" in chosen["metadata"],
        gradual=gradual,
    )


def _common(body: Body) -> dict[str, Any]:
    metadata = body["metadata"]
    return {
        "key": key_of(body),
        "generation": metadata["generation"],
        "created_at": created_at(body),
        "deleting": "deletionTimestamp" in metadata,
        "reconcile_requested_at": annotation(body, RECONCILE_REQUESTED_AT),
    }


def _restart(spec: ServerSpec, body: Body, rules: Rules | None) -> RestartRules:
    """What is declared, with the product's own policy where none is: the CRD has no default for it."""
    if rules is None or "policy" in body["spec"].get("restart", {}):
        return spec.restart
    return replace(spec.restart, policy=rules.restart_policy)


def _deleted_at(body: Body) -> datetime | None:
    text = body["metadata"].get("deletionTimestamp")
    return None if text is None else datetime.fromisoformat(text)


def _product(server: Body | None) -> Product | None:
    name = server["spec"].get("product") if server is not None else None
    return Product(name) if name in list(Product) else None


def _likely_partner(rules: Rules | None, catalog: Catalog) -> PartnerProfile:
    """What a partner most likely is while nothing says so; a blocker stands beside it."""
    return catalog.partners[rules.trusts[0] if rules is not None else [*catalog.rules][-1]]


def _partner(
    spec: ApplicationSpec, likely: PartnerProfile, servers: Mapping[str, Body], catalog: Catalog
) -> tuple[Partner, Obstacle | None]:
    given = spec.partner
    if given is not None and given.token_server is not None:
        identifier = (given.application_identifier or "").strip().lower()
        url = given.token_server.auth_metadata_url
        return behind_token_server(identifier, (given.realm or "").strip(), url), None
    if given is not None and given.product is not None:
        return Partner(catalog.partners[given.product], given.auth_metadata_url or "", None), None
    name = spec.partner_ref.name if spec.partner_ref else ""
    body = servers.get(name)
    resolved = _product(body)
    if body is not None and resolved is not None:
        url = body["spec"]["authMetadataUrl"]
        return Partner(catalog.partners[resolved], url, name), None
    return Partner(likely, "", name or None), Obstacle(
        Reason.PARTNER_NOT_FOUND,
        f"spec.partnerRef names PartnerServer {name}, which does not exist in this namespace. Create it, or "
        "make an object that gives the partner by URL: spec.partner {product, authMetadataUrl}.",
        Next.HUMAN,
    )


def _wrong_block(spec: ApplicationSpec, product: Product, catalog: Catalog) -> Obstacle | None:
    for block, rules in catalog.rules.items():
        if spec.options(rules.options) is not None and block is not product:
            return Obstacle(
                Reason.PRODUCT_MISMATCH,
                f"spec.{rules.options} is set, but the server {spec.server_ref.name} is {product}. Take the block "
                f"out; options belong to the object whose serverRef is a {block} server.",
                Next.HUMAN,
            )
    return None


def _no_such_test(rules: Rules, partner: Partner) -> Obstacle | None:
    if partner.name in rules.tests:
        return None
    return Obstacle(
        Reason.PRODUCT_MISMATCH,
        f"spec.{rules.options}.connectivityTest cannot test the trust with {partner.name}: it is for "
        f"{' and '.join(rules.tests)}. Take it out of this object.",
        Next.HUMAN,
    )


def _unsupported(server: Product, partner: Partner, catalog: Catalog) -> Obstacle | None:
    rules = catalog.rules.get(server)
    if rules is not None and partner.behind_token_server:
        return _unsupported_behind(rules, partner)
    if rules is not None and partner.name in rules.trusts:
        return None
    return Obstacle(
        Reason.UNSUPPORTED_PAIR,
        f"The operator cannot make {server} trust {partner.name}. It can make {' and '.join(catalog.rules)} trust "
        "each other.",
        Next.HUMAN,
    )


def _unsupported_behind(rules: Rules, partner: Partner) -> Obstacle | None:
    if rules.token_servers is None:
        message = (
            f"The operator registers no partner behind a token server on {rules.product}: "
            f"{rules.without_token_servers}."
        )
        return Obstacle(Reason.UNSUPPORTED_PAIR, message, Next.HUMAN)
    why = rules.token_servers.refused.get(partner.identifier)
    if why is None:
        return None
    message = (
        f"{describe(partner.identifier)} ({partner.identifier}) behind a token server is never registered on "
        f"{rules.product}: {why}. Delete this object; the hybrid set-up makes what it needs."
    )
    return Obstacle(Reason.UNSUPPORTED_PAIR, message, Next.HUMAN)


def _no_account(rules: Rules | None, desired: DesiredApplication) -> Obstacle | None:
    if rules is None or desired.linked_account is None or desired.partner.behind_token_server:
        return None
    return Obstacle(
        Reason.PRODUCT_MISMATCH,
        f"spec.{rules.options}.linkedAccount is for partners behind a token server; {desired.partner.name} acts with "
        "an account that the operator makes. Take it out.",
        Next.HUMAN,
    )


def _invalid_object(error: ValidationError) -> Obstacle:
    first = error.errors(include_url=False, include_input=False)[0]
    field = ".".join(str(part) for part in first["loc"])
    return Obstacle(
        Reason.INVALID_OBJECT,
        f"spec.{shown(field)} cannot be used: {said(first['msg'])}. Correct it; the CRDs of this version in crds/ "
        "refuse it.",
        Next.HUMAN,
    )


def _unreadable_server(body: Body) -> DesiredServer:
    return DesiredServer(
        **_common(body),
        product=_product(body) or next(iter(Product)),
        auth_metadata_url="",
        hosts=(),
        port=5986,
        authentication=Authentication.NTLM,
        ca_bundle=None,
        restart=RestartRules(policy=RestartPolicy.NEVER),
        interval=timedelta(minutes=10),
    )


def _unreadable_application(body: Body, likely: PartnerProfile) -> DesiredApplication:
    return DesiredApplication(
        **_common(body),
        deleted_at=_deleted_at(body),
        server_name=body["spec"]["serverRef"]["name"],
        partner=Partner(likely, "", None),
        identity=None,
        release_requested=annotation(body, RELEASE),
        has_finalizer=REGISTRATION_FINALIZER in (body["metadata"].get("finalizers") or []),
    )
