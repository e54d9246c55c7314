"""Objects that the API server accepts, to be made wrong in one place; words of several of its refusals."""

from __future__ import annotations

from support.kube.objects import FARM_SPEC, application, changed, server

EXCHANGE = server("exchange")
LYNC = server("lync")
FARM = server("farm", FARM_SPEC)
TRUST = application("lync-on-exchange")
TESTED = application("exchange-on-lync")
BY_URL = changed(
    changed(TRUST, "partnerRef", None),
    "partner",
    {"product": "Lync", "authMetadataUrl": "https://pool.contoso.com/metadata/json/1"},
)
BEHIND = changed(
    changed(TRUST, "partnerRef", None),
    "partner",
    {
        "applicationIdentifier": "0d0c0b0a-1111-2222-3333-444455556666",
        "realm": "litwareinc.com",
        "tokenServer": {"authMetadataUrl": "https://sts.litwareinc.com/metadata/json/1?realm=a"},
    },
)
ACCOUNT = "litwareinc.com/Users/HR-ApplicationAccount"
CANONICAL = "canonical name, such as litwareinc.com/Users/HR-ApplicationAccount"
SERVICE = changed(
    TRUST,
    "exchange.connectivityTest",
    {
        "url": "https://portal.litwareinc.com/_vti_bin/client.svc",
        "mailbox": "kenmyer@litwareinc.com",
    },
)
WINDOW = {"schedule": "0 2 * * 6", "duration": "4h"}

EXCHANGE_URL = "for Exchange write https://<autodiscover host>/autodiscover/metadata/json/1"
LYNC_URL = "for Lync write https://<web services of the pool>/metadata/json/1"
SHAREPOINT_URL = "for SharePoint write https://<site>/_layouts/15/metadata/json/1"
HTTPS = "write an address that begins with https:// and a host name; http is never followed"
DURATION = "write a duration such as"
REFERENCE = "write the name of a {} of this namespace: lower case letters, digits, - and ."
