"""All web sites of the domain: one listener per name, known to the domain's network."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from partner_simulator.certificates import Identity
from partner_simulator.web.faults import DocumentFault
from partner_simulator.web.server import Site
from partner_simulator.web.sites import Sites
from partner_simulator.world import names
from partner_simulator.world.domain import Domain

HTTPS, HTTP = 443, 80


def _names(fqdn: str) -> list[str]:
    """Names in the certificate: those of the sites on each server behind the load balancer."""
    sites = [names.PORTAL, names.TEAM_SITE] if fqdn in names.SHAREPOINT_HOSTS else []
    return [fqdn, *sites]


class Farm:
    """Starts, spoils and stops the sites."""

    def __init__(self, domain: Domain) -> None:
        """Issue a TLS certificate for each name."""
        self._domain = domain
        self._sites = Sites(domain)
        self._listeners = {
            fqdn: Site(fqdn, domain.authority.issue_server(_names(fqdn)), self._sites.answer)
            for fqdn in (
                *(*names.EXCHANGE_HOSTS, names.AUTODISCOVER, names.LYNC_POOL),
                *(*names.SHAREPOINT_HOSTS, names.PORTAL, names.TEAM_SITE),
                *(host for host, server in domain.token_servers.items() if server.secure),
            )
        }
        self._plain = {
            host: Site(host, None, self._sites.answer)
            for host, server in domain.token_servers.items()
            if not server.secure
        }

    @property
    def slow_seconds(self) -> float:
        """How long DocumentFault.SLOW keeps clients waiting."""
        return self._sites.slow_seconds

    @slow_seconds.setter
    def slow_seconds(self, seconds: float) -> None:
        self._sites.slow_seconds = seconds

    def start(self) -> None:
        """Listen everywhere and tell the network where."""
        for fqdn, site in self._listeners.items():
            site.start()
            self._domain.network.register(fqdn, HTTPS, *site.address)
        for fqdn, site in self._plain.items():
            site.start()
            self._domain.network.register(fqdn, HTTP, *site.address)

    def stop(self) -> None:
        """Close all ports."""
        self._sites.stop()
        for site in (*self._listeners.values(), *self._plain.values()):
            site.stop()

    def take_down(self, fqdn: str) -> None:
        """Close the port of a machine that is gone; one without a site of its own is fine."""
        if fqdn in self._listeners:
            self._listeners[fqdn].stop()

    def spoil_document(self, fqdn: str, fault: DocumentFault) -> None:
        """Let a site publish something wrong until `heal_document`. Raises KeyError.

        From one fault to the next there is no moment in which all is well.
        """
        site = self._listeners[fqdn]
        on_the_way = {
            DocumentFault.UNREACHABLE,
            DocumentFault.EXPIRED_TLS,
            DocumentFault.WRONG_TLS_NAME,
        }
        if fault not in on_the_way:
            self._sites.spoil(fqdn, fault)
        if fault is DocumentFault.UNREACHABLE:
            site.stop()
        else:
            site.use_certificate(self._certificate(fqdn, fault))
            site.start()
        self._sites.spoil(fqdn, fault)

    def _certificate(self, fqdn: str, fault: DocumentFault) -> Identity:
        authority = self._domain.authority
        if fault is DocumentFault.WRONG_TLS_NAME:
            return authority.issue_server(["other.example"], addresses=())
        if fault is DocumentFault.EXPIRED_TLS:
            now = datetime.now(UTC)
            then, until = now - timedelta(days=400), now - timedelta(days=1)
            return authority.issue_server(_names(fqdn), not_before=then, not_after=until)
        return authority.issue_server(_names(fqdn))

    def heal_document(self, fqdn: str) -> None:
        """All is well there again. Raises KeyError."""
        site = self._listeners[fqdn]
        self._sites.spoil(fqdn, None)
        site.use_certificate(self._domain.authority.issue_server(_names(fqdn)))
        site.start()
