"""The one list of managed products and of kinds of partner. Each is a folder of products/."""

from __future__ import annotations

from partner_operator.products.exchange import rules as exchange
from partner_operator.products.exchange.operations import ExchangeOperations
from partner_operator.products.lync import rules as lync
from partner_operator.products.lync.operations import LyncOperations
from partner_operator.products.sharepoint import rules as sharepoint
from partner_operator.products.sharepoint.operations import SharePointOperations
from partner_operator.trust.model import Product
from partner_operator.trust.product import Catalog

OPERATIONS = (ExchangeOperations, LyncOperations, SharePointOperations)

CATALOG = Catalog(
    rules={rules.product: rules for rules in (exchange.RULES, lync.RULES, sharepoint.RULES)},
    partners={
        Product(profile.name): profile
        for profile in (exchange.PROFILE, lync.PROFILE, sharepoint.PROFILE)
    },
)
