"""What a CRD cannot tell and the operator cannot do: a block, a pair, an account or a test of another product."""

from __future__ import annotations

from partner_operator.kube.api.spec import ApplicationSpec
from partner_operator.oauth.identifiers import describe
from partner_operator.trust.model import DesiredApplication, Partner, Product
from partner_operator.trust.obstacle import Next, Obstacle
from partner_operator.trust.permission import permission_unsupported
from partner_operator.trust.product import Catalog, Rules
from partner_operator.trust.reasons import Reason


def unsupported(
    spec: ApplicationSpec, desired: DesiredApplication, product: Product, catalog: Catalog
) -> Obstacle | None:
    """Why a server of this product cannot have what an application declares, or None."""
    rules = catalog.rules.get(product)
    return (
        _wrong_block(spec, product, catalog)
        or _unsupported_pair(product, desired.partner, catalog)
        or _no_account(rules, desired)
        or permission_unsupported(rules, desired)
        or _no_such_test(rules, desired)
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


def _no_such_test(rules: Rules | None, desired: DesiredApplication) -> Obstacle | None:
    partner = desired.partner
    if rules is None or desired.connectivity_test is None or desired.deleting:
        return None
    if partner.name in rules.tests:
        return None
    return Obstacle(
        Reason.PRODUCT_MISMATCH,
        f"spec.{rules.options}.connectivityTest cannot test the trust with {partner.name}: it is for "
        f"{' and '.join(rules.tests)}. Take it out of this object.",
        Next.HUMAN,
    )


def _unsupported_pair(server: Product, partner: Partner, catalog: Catalog) -> Obstacle | None:
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
