"""From objects as the API server stores them to the values that the engine works with. Pure."""

from partner_operator.kube.parse.applications import declared_application, read_application
from partner_operator.kube.parse.references import Surroundings, counterpart_view
from partner_operator.kube.parse.servers import ParsedServer, other_server, parse_server

__all__ = [
    "ParsedServer",
    "Surroundings",
    "counterpart_view",
    "declared_application",
    "other_server",
    "parse_server",
    "read_application",
]
