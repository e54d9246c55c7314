"""Applications as stored, read beside the servers of the reference installation."""

from __future__ import annotations

from typing import Any

from partner_operator.catalog import CATALOG
from partner_operator.engine.ports import DeclaredApplication
from partner_operator.kube.parse import declared_application
from support.kube.objects import FARM_SPEC, application, changed, server, stored

EXCHANGE = stored(server("exchange"))
LYNC = stored(server("lync"))
SERVERS = [EXCHANGE, LYNC]
JOINED = stored(server("sharepoint", FARM_SPEC))
SERVICE = "https://portal.litwareinc.com/_vti_bin/client.svc"
BY_URL = "https://accounts.accesscontrol.windows.net/metadata/json/1?realm=1"


def declared(body: dict[str, Any], on: dict[str, Any] | None = EXCHANGE) -> DeclaredApplication:
    """An application on a server, with both servers there."""
    return declared_application(body, on, SERVERS, CATALOG)


def by_url(url: str = BY_URL, **meta: Any) -> Any:
    """An application whose partner is named by its address."""
    return changed(
        changed(stored(application("lync-on-exchange", **meta)), "partnerRef", None),
        "partner",
        {"product": "Lync", "authMetadataUrl": url},
    )


def allowing(*hosts: str) -> Any:
    """Exchange, whose owner allows these."""
    return changed(EXCHANGE, "allowedPartners", [{"host": host} for host in hosts])


def farm_tested(**test: Any) -> Any:
    """Exchange trusts the farm, and the trust is tested."""
    body = changed(stored(application("lync-on-exchange")), "partnerRef.name", "sharepoint")
    declared_test = {"url": SERVICE, "mailbox": "kenmyer@litwareinc.com", **test}
    return changed(body, "exchange.connectivityTest", declared_test)
