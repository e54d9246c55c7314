"""One IIS host, looked at and restarted, in every state that it can be in."""

from __future__ import annotations

from partner_simulator.world import names
from partner_simulator.world.domain import Domain
from support.embedded.worlds import Arrange, distrusting, iis_stopped, nothing


def keeps_workers(domain: Domain) -> None:
    """iisreset says that it worked, and the old workers live on."""
    domain.machines[names.EXCHANGE_HOSTS[0]].behaviour.keeps_workers = True


def does_not_come_back(domain: Domain) -> None:
    """IIS stays stopped."""
    domain.machines[names.EXCHANGE_HOSTS[0]].behaviour.comes_back = False


def refuses_once(domain: Domain) -> None:
    """The first attempt fails."""
    domain.machines[names.EXCHANGE_HOSTS[0]].behaviour.refusals = 1


def denies(domain: Domain) -> None:
    """Only administrators may, and this is none."""
    domain.machines[names.EXCHANGE_HOSTS[0]].behaviour.denied = True


def leaves_stopped(domain: Domain) -> None:
    """One service does not start again."""
    domain.machines[names.EXCHANGE_HOSTS[0]].behaviour.left_stopped = ("WAS",)


def pool_stopped(domain: Domain) -> None:
    """A service of Exchange does not run."""
    domain.machines[names.EXCHANGE_HOSTS[0]].services["MSExchangeIS"].state = "Stopped"


HOSTS: dict[str, Arrange] = {
    "stock": nothing,
    "IIS stopped": iis_stopped,
    "a service stopped": pool_stopped,
    "distrusting": distrusting,
    "keeps its workers": keeps_workers,
    "does not come back": does_not_come_back,
    "refuses once": refuses_once,
    "denies": denies,
    "leaves a service stopped": leaves_stopped,
}
"""One IIS host, looked at and restarted."""
