"""Whom a server may trust is its owner's word: a partner given by URL needs a pattern that names its host."""

from __future__ import annotations

from partner_operator.texts import shown
from partner_operator.trust.allowed import partner_fault
from partner_operator.trust.model import DesiredApplication, DesiredServer
from partner_operator.trust.obstacle import Next, Obstacle
from partner_operator.trust.reasons import Reason
from partner_operator.trust.status import Registration


def partner_not_allowed(
    server: DesiredServer, application: DesiredApplication, registration: Registration | None
) -> Obstacle | None:
    """Why this server must not trust the partner of this application; None: it may.

    Then nothing is contacted for the object, and what it registered is neither repaired nor removed. Its deletion
    asks nobody, and removes as always. A partner that is a PartnerServer is the namespace's own.
    """
    partner = application.partner
    if application.deleting or partner.server_name is not None:
        return None
    fault = partner_fault(partner.auth_metadata_url, server.allowed_partners)
    if fault is None:
        return None
    sentences = [
        f"The owner of PartnerServer {server.key.name} does not allow the partner of spec.partner.authMetadataUrl:",
        fault,
    ]
    if registration is None:
        sentences.append(
            "Nothing is registered and nothing contacted. Whoever owns the server can add the host to "
            "allowedPartners; else delete this object."
        )
    else:
        sentences.append(
            f"Its registration {shown(registration.identity)} stays on the server and is neither repaired nor "
            "removed. To revoke the trust, delete this object; to keep it, add the host to allowedPartners."
        )
    return Obstacle(Reason.PARTNER_NOT_ALLOWED, " ".join(sentences), Next.HUMAN)
