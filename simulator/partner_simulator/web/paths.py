"""Paths of the domain's web services."""

from __future__ import annotations

EWS = "/ews/exchange.asmx"
AUTODISCOVER = "/autodiscover/autodiscover.svc"
LYNC_SERVICE = "/webticket/webticketservice.svc"
"""SIM-CHOICE: some web service of Lync that takes Exchange's tokens."""
SHAREPOINT_SERVICE = "/_vti_bin/client.svc"
"""SharePoint's client service, in front of which its bearer challenge stands."""
