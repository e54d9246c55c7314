"""One simulated Exchange organisation and its partners' pools, in a process that has their names for itself.

`PARTNER_SIMULATOR_DOMAIN` is set before this is imported: the simulator's names are made from it.
"""

from __future__ import annotations

import shutil
import tempfile
import time
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from partner_bench.measures import Far
from partner_simulator import views
from partner_simulator.certificates import CertificateAuthority
from partner_simulator.embedded import EmbeddedEngine
from partner_simulator.ports import CommandEngine
from partner_simulator.powershell import PowerShellEngine, WindowsPowerShell
from partner_simulator.web.server import Request, Response, Site
from partner_simulator.web.sites import Sites
from partner_simulator.world import documents, names, setup
from partner_simulator.world.ledger import WriteKind
from partner_simulator.world.switches import Switches
from partner_simulator.world.world import World
from partner_simulator.wsman import Counters, Tally, WsmanServer

_HTTPS, _WINRM = 443, 5986
_WHAT_HOSTS_HAVE = WindowsPowerShell.V4_0


class Organisation:
    """Two Exchange servers behind the simulator's real WinRM, and Lync pools that publish a document each."""

    def __init__(
        self, authority: CertificateAuthority, key: RSAPrivateKey, pwsh: Path | None, pools: int
    ) -> None:
        """Start everything. `key` signs for every pool, with a certificate of its own for each."""
        self.domain = setup.build(Switches(), authority)
        self.counters = Counters()
        self._slow_seconds = 0.0
        self._marked = time.monotonic()
        self._folder = Path(tempfile.mkdtemp(prefix="partner-bench-"))
        self._engine = _engine(pwsh, World(self.domain, self._folder))
        self._answers = Sites(self.domain)
        self._documents = dict(self._document(number, key) for number in range(pools))
        self._sites = [self._site(name) for name in (*names.EXCHANGE_HOSTS, names.AUTODISCOVER)]
        self._sites += [self._pools_site()]
        self._hosts = [self._host(name) for name in names.EXCHANGE_HOSTS]

    def _document(self, number: int, key: RSAPrivateKey) -> tuple[str, bytes]:
        pool = f"pool-{number:03d}.{names.DOMAIN}"
        signing = self.domain.authority.issue_signing(pool, key=key)
        published = documents.Document("Lync", names.LYNC_ID, pool, _url(pool), (signing,))
        return pool, self.domain.document_bytes(published)

    def _site(self, fqdn: str) -> Site:
        site = Site(fqdn, self.domain.authority.issue_server([fqdn]), self._answer)
        site.start()
        self.domain.network.register(fqdn, _HTTPS, *site.address)
        return site

    def _answer(self, request: Request) -> Response:
        if request.host == names.AUTODISCOVER:
            time.sleep(self._slow_seconds)
        return self._answers.answer(request)

    def _pools_site(self) -> Site:
        """One listener for all pools: hundreds would cost more than what is measured."""
        certificate = self.domain.authority.issue_server(list(self._documents))
        site = Site("pools", certificate, self._answer_of_pool)
        site.start()
        for pool in self._documents:
            self.domain.network.register(pool, _HTTPS, *site.address)
        return site

    def _answer_of_pool(self, request: Request) -> Response:
        # PowerShell's requests name the port that really listens.
        known = self._documents.get(request.headers.get("host", "").partition(":")[0])
        if known is None or request.path.partition("?")[0] != names.LYNC_METADATA_PATH:
            return Response(404)
        return Response(200, known, "application/json; charset=utf-8")

    def _host(self, fqdn: str) -> WsmanServer:
        tls = self.domain.authority.issue_server([fqdn])
        host = WsmanServer(
            fqdn, self._engine, self.domain.accounts, tls, counters=self.counters
        ).start()
        self.domain.network.register(fqdn, _WINRM, host.address, host.port)
        return host

    def facts(self) -> dict[str, object]:
        """What a client needs to know."""
        account = next(
            known for known in self.domain.accounts.known if known.user == names.EXCHANGE_ADMIN
        )
        return {
            "domain": names.DOMAIN,
            "url": names.EXCHANGE_METADATA_URL,
            "hosts": list(names.EXCHANGE_HOSTS),
            "user": account.user,
            "password": account.password,
            "pools": {pool.partition(".")[0]: _url(pool) for pool in self._documents},
            "names": {
                fqdn: {str(port): list(where) for port, where in ports.items()}
                for fqdn, ports in self.domain.network.names().items()
            },
        }

    def slow_down(self, seconds: str) -> None:
        """Publish the organisation's own document so late."""
        self._slow_seconds = float(seconds)

    def mark(self) -> None:
        """The first byte is looked for from now on."""
        self._marked = time.monotonic()

    def told(self) -> Far:
        """What was counted until now."""
        since = (record.at for record in self.counters.requests() if record.at >= self._marked)
        entries = views.exchange_entries(self.domain)
        processes = self.counters.count(Tally.COMMANDS_STARTED)
        return Far(
            processes=processes,
            logons=self.counters.count(Tally.LOGONS_ACCEPTED),
            requests=self.counters.count(Tally.REQUESTS),
            connections=self.counters.count(Tally.CONNECTIONS),
            restarts=sum(machine.restarts for machine in self.domain.exchange_machines()),
            writes=len(self.domain.ledger.writes(WriteKind.CONFIGURATION)),
            entries=sum(not entry.use_auth_server for entry in entries),
            shells=len(self.counters.open_shells()),
            by_organisation=(processes,),
            first_byte=min(since, default=None),
        )

    def stop(self) -> None:
        """Close everything."""
        for host in self._hosts:
            host.stop()
        self._answers.stop()
        for site in self._sites:
            site.stop()
        self._engine.close()
        self.domain.network.close()
        shutil.rmtree(self._folder, ignore_errors=True)


def _engine(pwsh: Path | None, world: World) -> CommandEngine:
    if pwsh is None:
        return EmbeddedEngine(world, windows_powershell=_WHAT_HOSTS_HAVE)
    # As on Windows: each run is a process of its own, whoever asks for it.
    return PowerShellEngine(pwsh, world, reuse=False, windows_powershell=_WHAT_HOSTS_HAVE)


def _url(pool: str) -> str:
    return f"https://{pool}{names.LYNC_METADATA_PATH}"
