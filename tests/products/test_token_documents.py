"""What a token server really serves, under the address of a token server and under that of a product."""

from __future__ import annotations

import base64
from datetime import UTC, datetime

import pytest

from partner_operator.catalog import CATALOG
from partner_operator.products.documents import FetchedDocument, reading
from partner_operator.trust.certificate_check import check_partner
from partner_operator.trust.model import Partner, Product, behind_token_server
from partner_operator.trust.reasons import ConditionStatus, Reason
from partner_simulator.world import names, setup
from partner_simulator.world.switches import Switches
from partner_simulator.world.token_documents import Shape
from support.trust.worlds import HR

URL = names.TOKEN_SERVER_METADATA_URL
TRUE, FALSE = ConditionStatus.TRUE, ConditionStatus.FALSE
GOOD = (TRUE, Reason.METADATA_VALID)
WRONG = (FALSE, Reason.METADATA_WRONG_PRODUCT)
INVALID = (FALSE, Reason.METADATA_INVALID)
CURE = (
    "To trust an application through a token server, name it by spec.partner {applicationIdentifier, tokenServer: "
    "{authMetadataUrl}}, in a new object."
)
ONLY_JSON = "Of a token server only the JSON document can be used"
BEHIND = behind_token_server(HR, "", URL)
A_PRODUCTS = Partner(CATALOG.partners[Product.LYNC], URL, None)


@pytest.mark.parametrize(
    ("partner", "shape", "told", "says"),
    [
        (BEHIND, Shape.JSON, GOOD, "The token server publishes one usable signing certificate"),
        (BEHIND, Shape.BARE_ISSUER, GOOD, ""),
        (BEHIND, Shape.WITHOUT_ISSUER, GOOD, ""),
        (BEHIND, Shape.FEDERATION, INVALID, ONLY_JSON),
        (BEHIND, Shape.OPENID, INVALID, ONLY_JSON),
        (A_PRODUCTS, Shape.JSON, WRONG, CURE),
        (A_PRODUCTS, Shape.BARE_ISSUER, WRONG, CURE),
        (A_PRODUCTS, Shape.WITHOUT_ISSUER, WRONG, CURE),
        (A_PRODUCTS, Shape.FEDERATION, INVALID, "an HTML or XML page where a JSON document"),
        (A_PRODUCTS, Shape.OPENID, INVALID, "has no serviceName, so it names no application"),
    ],
)
def test_each_form_is_told_for_what_it_is_with_the_cure(
    partner: Partner, shape: Shape, told: tuple[ConditionStatus, Reason], says: str
) -> None:
    domain = setup.build(Switches())
    server = domain.token_servers[names.TOKEN_SERVER]
    server.shape = shape
    served = server.document(names.TOKEN_SERVER_METADATA_PATH)
    assert served is not None
    body = base64.b64encode(domain.document_bytes(served)).decode()
    fetched = FetchedDocument(
        url=URL, status=200, type=served.content_type, body=body, fault="", detail=""
    )
    part = check_partner(reading(fetched), partner, datetime.now(UTC))
    assert (part.status, part.reason) == told
    assert says in part.message
