"""Objects that the CRDs accept are kept as they were written, and get the documented defaults."""

from __future__ import annotations

from typing import Any

import pytest

from partner_operator.trust.model import Right
from support.kube.cluster import Cluster
from support.kube.declarations import (
    ACCOUNT,
    BEHIND,
    BY_URL,
    EXCHANGE,
    FARM,
    LYNC,
    SERVICE,
    TESTED,
    TRUST,
    WINDOW,
)
from support.kube.objects import changed

pytestmark = pytest.mark.controlplane

ACCEPTED: list[tuple[dict[str, Any], str, Any]] = [
    (EXCHANGE, "authMetadataUrl", "https://A.b/AutoDiscover/Metadata/json/1"),
    (EXCHANGE, "authMetadataUrl", "https://a.b:8443/autodiscover/metadata/json/1"),
    (LYNC, "hosts", ["FE-1.contoso.com", "fe_2.contoso.com", "a.de"]),
    (EXCHANGE, "winrm", {"port": 443, "authentication": "Kerberos"}),
    (EXCHANGE, "winrm.caBundle", {"configMapKeyRef": {"name": "ca"}}),
    (EXCHANGE, "restart", {"policy": "Manual", "settle": "0s", "windows": []}),
    (EXCHANGE, "restart.maxPerDay", 24),
    (EXCHANGE, "restart.windows", [WINDOW, {**WINDOW, "timeZone": "America/Argentina/Salta"}]),
    (EXCHANGE, "restart.windows", [{**WINDOW, "schedule": "*/15 0-4 1,15 JAN-DEC SAT"}]),
    (EXCHANGE, "removal", {"settle": "0s"}),
    (LYNC, "removal.settle", "1h"),
    *(
        (EXCHANGE, "allowedPartners", [{"host": host}, {"host": "*.fabrikam.com"}])
        for host in ("lync.contoso.com", "lync", "*.a.b.c.de", "10.1.2.3", "xn--bcher-kva.de")
    ),
    (LYNC, "allowedPartners", [{"host": "fe_2.contoso.com:8443"}, {"host": "*.contoso.com:1"}]),
    (LYNC, "allowedPartners", []),
    (EXCHANGE, "interval", "60m"),
    (EXCHANGE, "interval", "1h0m0s"),
    (BY_URL, "identity", "Lync (Zürich) $(x) '\"` 測試"),
    (BY_URL, "mode", "Observe"),
    # C16: token servers' addresses carry a realm.
    (
        BY_URL,
        "partner.authMetadataUrl",
        "https://accounts.accesscontrol.windows.net/metadata/json/1?realm=11112222-3333-4444-5555-666677778888",
    ),
    (
        BY_URL,
        "partner.authMetadataUrl",
        "https://accounts.accesscontrol.windows.net/litwareinc.com/metadata/json/1",
    ),
    (
        BY_URL,
        "partner",
        {
            "product": "SharePoint",
            "authMetadataUrl": "https://sp.a.b/sites/x/_layouts/15/metadata/json/1",
        },
    ),
    *(
        (
            BY_URL,
            "partner",
            {"product": product, "authMetadataUrl": f"https://acs.a.b/metadata/json/1/{query}"},
        )
        for product in ("Lync", "SharePoint")
        for query in ("", "?realm=contoso.com")
    ),
    (TESTED, "lync.connectivityTest.sipUri", "sip:O'Neil+test@sub.litwareinc.com"),
    (TESTED, "lync.connectivityTest.interval", "1h0m0s"),
    (SERVICE, "exchange.connectivityTest.appOnly", False),
    (SERVICE, "exchange.connectivityTest", {"url": "https://portal:8443/x?y=1", "appOnly": True}),
    (TESTED, "lync", {}),
    (TRUST, "exchange", {}),
    (TRUST, "sharePoint", {}),
    (FARM, "sharePoint", {}),
    *((FARM, "sharePoint", {"maxPermission": right}) for right in Right),
    *((TRUST, "sharePoint", {"permission": right}) for right in Right),
    (TRUST, "deletionPolicy", "Retain"),
    (BEHIND, "partner.realm", None),
    (BEHIND, "partner.applicationIdentifier", "0D0C0B0A-1111-2222-3333-444455556666"),
    (BEHIND, "exchange.linkedAccount", ACCOUNT),
    *(
        (BEHIND, "partner.tokenServer.authMetadataUrl", url)
        for url in (
            "https://accounts.accesscontrol.windows.net/metadata/json/1?realm=litwareinc.com",
            "https://accounts.accesscontrol.windows.net/litwareinc.com/metadata/json/1/?realm=litwareinc.com",
            "https://sts.litwareinc.com:8443/hr",
        )
    ),
    (
        EXCHANGE,
        "allowedTokenServers",
        [
            {"host": "*.litwareinc.com", "create": True, "linkedAccounts": [ACCOUNT]},
            {"host": "accounts.accesscontrol.windows.net"},
            {"host": "login.microsoftonline.com.litwareinc.com:8443", "create": True},
        ],
    ),
]


@pytest.mark.parametrize(("body", "field", "value"), ACCEPTED)
def test_right_objects_are_accepted_kept_as_written_and_stable(
    cluster: Cluster, body: dict[str, Any], field: str, value: Any
) -> None:
    """C20, C16: only defaults are added; applied again, by whom ever, nothing changes."""
    written = changed(body, field, value)
    first = cluster.apply(written)
    assert_only_defaults_added(written["spec"], first["spec"])
    second = cluster.apply(written)
    as_read = cluster.apply({**written, "spec": first["spec"]}, manager="kubectl")
    for later in (second, as_read):
        assert later["spec"] == first["spec"]
        assert later["metadata"]["generation"] == 1


def assert_only_defaults_added(written: Any, read: Any) -> None:
    """All that was written is there as it was written."""
    if isinstance(written, dict):
        for key, value in written.items():
            assert_only_defaults_added(value, read[key])
    elif isinstance(written, list):
        assert len(written) == len(read)
        for before, after in zip(written, read, strict=True):
            assert_only_defaults_added(before, after)
    else:
        assert written == read


def test_defaults_are_those_of_the_documentation(cluster: Cluster) -> None:
    """Everything that can have a default has one."""
    made = cluster.create(EXCHANGE)
    assert made["spec"] == {
        **EXCHANGE["spec"],
        "winrm": {"port": 5986},
        "restart": {"settle": "30s", "maxPerDay": 4},
        "removal": {"settle": "30s"},
        "interval": "10m",
    }
    assert made["status"] == {"observedGeneration": -1}
    tested = cluster.create(TESTED)
    assert tested["spec"] == {
        **TESTED["spec"],
        "mode": "Enforce",
        "lync": {
            "applicationTrustLevel": "Full",
            "connectivityTest": {
                "sipUri": "sip:kenmyer@litwareinc.com",
                "deleteItem": True,
                "interval": "1h",
                "failureThreshold": 3,
            },
        },
    }
