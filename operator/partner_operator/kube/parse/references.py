"""What the references of PartnerApplications lead to: a server, a partner, the other direction."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from partner_operator.engine.counterpart import view_of
from partner_operator.engine.ports import CounterpartView
from partner_operator.kube.api.codec import application_status
from partner_operator.kube.api.spec import ApplicationSpec
from partner_operator.kube.parse.body import Body, created_at, product_of
from partner_operator.kube.parse.servers import parse_server
from partner_operator.trust.model import Mode, Partner, PartnerProfile, Product, behind_token_server
from partner_operator.trust.obstacle import Next, Obstacle
from partner_operator.trust.product import Catalog
from partner_operator.trust.reasons import Reason


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
        self.product = product_of(server)
        self.rules = catalog.rules.get(self.product) if self.product is not None else None
        self.allowed = parse_server(server, catalog).desired if server is not None else None
        self.servers: dict[str, Body] = {}
        """Those that can be partners, by name."""
        for each in servers:
            if product_of(each) is not None:
                self.servers.setdefault(each["metadata"]["name"], each)
        self.counterparts: dict[str, list[Body]] = defaultdict(list)
        """By the server that they name."""
        for each in counterparts:
            self.counterparts[each["spec"]["serverRef"]["name"]].append(each)

    @property
    def likely_partner(self) -> PartnerProfile:
        """What a partner most likely is while nothing says so; a blocker stands beside it."""
        rules, catalog = self.rules, self.catalog
        return catalog.partners[rules.trusts[0] if rules is not None else [*catalog.rules][-1]]

    def partner(self, spec: ApplicationSpec) -> tuple[Partner, Obstacle | None]:
        """The partner of an application, and what is wrong where its reference leads nowhere."""
        given = spec.partner
        if given is not None and given.token_server is not None:
            identifier = (given.application_identifier or "").strip().lower()
            url = given.token_server.auth_metadata_url
            return behind_token_server(identifier, (given.realm or "").strip(), url), None
        if given is not None and given.product is not None:
            return Partner(
                self.catalog.partners[given.product], given.auth_metadata_url or "", None
            ), None
        name = spec.partner_ref.name if spec.partner_ref else ""
        body = self.servers.get(name)
        resolved = product_of(body)
        if body is not None and resolved is not None:
            url = body["spec"]["authMetadataUrl"]
            return Partner(self.catalog.partners[resolved], url, name), None
        return Partner(self.likely_partner, "", name or None), Obstacle(
            Reason.PARTNER_NOT_FOUND,
            f"spec.partnerRef names PartnerServer {name}, which does not exist in this namespace. Create it, or "
            "make an object that gives the partner by URL: spec.partner {product, authMetadataUrl}.",
            Next.HUMAN,
        )

    def counterpart(self, spec: ApplicationSpec, partner: Partner) -> CounterpartView | None:
        """The other direction, where the partner is a PartnerServer."""
        if spec.partner_ref is None:
            return None
        rules = self.catalog.rules.get(Product(partner.name))
        gradual = rules is not None and rules.takes_over_within is not None
        name = spec.partner_ref.name
        return counterpart_view(name, self.counterparts.get(name, ()), gradual=gradual)


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
