"""A PartnerServer as it is stored, read as a pass over it needs it, and as passes over others do."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta

from pydantic import ValidationError

from partner_operator.engine.ports import OtherServer
from partner_operator.kube.api.codec import server_status
from partner_operator.kube.api.names import APPROVE_RESTART
from partner_operator.kube.api.spec import ConfigMapKey, ServerSpec
from partner_operator.kube.limits import beyond_limits
from partner_operator.kube.parse.body import (
    Body,
    annotation,
    common,
    created_at,
    invalid_object,
    key_of,
    product_of,
)
from partner_operator.trust.conditions import stands_back
from partner_operator.trust.model import (
    AllowedTokenServer,
    Authentication,
    DesiredServer,
    Product,
    RestartPolicy,
    RestartRules,
)
from partner_operator.trust.obstacle import Obstacle
from partner_operator.trust.product import Catalog, Rules


@dataclass(frozen=True, slots=True)
class ParsedServer:
    """What one PartnerServer says, and what is wrong with it."""

    desired: DesiredServer
    ca_bundle: ConfigMapKey | None
    problem: Obstacle | None


def parse_server(body: Body, catalog: Catalog) -> ParsedServer:
    """Read a PartnerServer. One that cannot be read has a problem, and nothing is done for it."""
    try:
        spec = ServerSpec.model_validate(body["spec"])
    except ValidationError as error:
        return ParsedServer(_unreadable_server(body), None, invalid_object(error))
    bundle = spec.winrm.ca_bundle
    rules = catalog.rules.get(spec.product)
    usual = rules.authentication if rules is not None else Authentication.CREDSSP
    return ParsedServer(
        desired=DesiredServer(
            **common(body),
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


def _restart(spec: ServerSpec, body: Body, rules: Rules | None) -> RestartRules:
    """What is declared, with the product's own policy where none is: the CRD has no default for it."""
    if rules is None or "policy" in body["spec"].get("restart", {}):
        return spec.restart
    return replace(spec.restart, policy=rules.restart_policy)


def _unreadable_server(body: Body) -> DesiredServer:
    return DesiredServer(
        **common(body),
        product=product_of(body) or next(iter(Product)),
        auth_metadata_url="",
        hosts=(),
        port=5986,
        authentication=Authentication.NTLM,
        ca_bundle=None,
        restart=RestartRules(policy=RestartPolicy.NEVER),
        interval=timedelta(minutes=10),
    )
