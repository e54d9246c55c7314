"""Windows of the simulated machines: workers, services, iisreset, credentials, names."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from partner_simulator.ports import Logon, LogonKind, Session, Standing
from partner_simulator.world import names
from partner_simulator.world.accounts import LOCKOUT_THRESHOLD
from partner_simulator.world.ledger import WriteKind
from support.world.bench import EXCHANGE_SESSION, LYNC_SESSION, Bench

FIRST, SECOND = names.EXCHANGE_HOSTS


def ask(world: Bench, what: str, session: Session = EXCHANGE_SESSION, **arguments: Any) -> Any:
    """One question of Windows."""
    return world.world.system(session, what, arguments)


def reset(world: Bench, *arguments: str, session: Session = EXCHANGE_SESSION) -> tuple[int, str]:
    """iisreset on the machine of the session."""
    answer = ask(world, "iisreset", session, arguments=list(arguments))
    return answer["exit_code"], answer["output"]


def oldest(world: Bench) -> float:
    """Start of the oldest worker."""
    return min(float(process["started_at"]) for process in ask(world, "processes"))


def test_a_restart_has_the_documented_words_and_new_workers(world: Bench) -> None:
    before = oldest(world)
    code, text = reset(world, "/RESTART", "/TIMEOUT:120")
    assert code == 0
    assert text == (
        "\r\nAttempting stop...\r\nInternet services successfully stopped\r\n"
        "Attempting start...\r\nInternet services successfully restarted\r\n"
    )
    assert oldest(world) > before
    assert (world.domain.machines[FIRST].restarts, world.domain.machines[SECOND].restarts) == (1, 0)
    (write,) = world.domain.ledger.writes(WriteKind.RESTART)
    assert (write.host, write.who) == (FIRST, names.EXCHANGE_ADMIN)


def test_another_machine_by_name_is_a_second_hop(world: Bench) -> None:
    code, text = reset(world, "atl-exchange-002")
    assert (code, "Access denied, you must be an administrator" in text) == (5, True)
    delegated = replace(EXCHANGE_SESSION, logon=Logon(names.EXCHANGE_ADMIN, LogonKind.CREDSSP))
    assert reset(world, "atl-exchange-002", session=delegated)[0] == 0
    assert world.domain.machines[SECOND].restarts == 1
    code, text = reset(world, "gone", session=delegated)
    assert (code, "RPC server is unavailable" in text) == (1722, True)


def test_a_host_that_does_not_come_back(world: Bench) -> None:
    world.domain.machines[FIRST].behaviour.comes_back = False
    code, text = reset(world)
    assert (code, "Restart attempt failed." in text) == (1, True)
    states = {service["name"]: service["state"] for service in ask(world, "services")}
    assert (states["W3SVC"], states["WinRM"]) == ("Stopped", "Running")
    assert ask(world, "processes") == []
    assert world.domain.machines[FIRST].restarts == 0
    assert len(world.domain.ledger.writes(WriteKind.RESTART)) == 1


def test_a_refusal_that_the_second_run_overcomes(world: Bench) -> None:
    world.domain.machines[FIRST].behaviour.refusals = 1
    code, text = reset(world)
    assert (code, "80070425" in text) == (1, True)
    assert world.domain.machines[FIRST].restarts == 0
    assert reset(world)[0] == 0


def test_a_restart_that_lies(world: Bench) -> None:
    world.domain.machines[FIRST].behaviour.keeps_workers = True
    before = oldest(world)
    assert reset(world)[0] == 0
    assert oldest(world) == before
    assert not world.domain.ledger.writes()
    assert world.domain.machines[FIRST].restarts == 0


def test_stop_start_and_status(world: Bench) -> None:
    assert "successfully stopped" in reset(world, "/stop")[1]
    assert "( W3SVC ) : Stopped" in reset(world, "/status")[1]
    assert "successfully started" in reset(world, "/start")[1]
    assert "( W3SVC ) : Running" in reset(world, "/status")[1]


def test_what_is_installed_where(world: Bench) -> None:
    assert ask(world, "snapins") == [
        {"name": names.EXCHANGE_SNAPIN, "product": "Exchange Server 2013"}
    ]
    assert ask(world, "modules") == []
    assert ask(world, "modules", LYNC_SESSION) == [{"name": "Lync", "product": "Lync Server 2013"}]
    assert ask(world, "snapins", LYNC_SESSION) == []


def test_an_inner_session_needs_its_own_credential(world: Bench) -> None:
    endpoint = f"http://{FIRST}/PowerShell/"
    account = world.domain.accounts.known[0]

    def open_session(**changed: Any) -> Any:
        return ask(world, "credential", **{"endpoint": endpoint, "user": None, **changed})

    assert open_session() == {"error": "Access is denied."}
    for spelling in ("LITWAREINC\\exadmin", "exadmin@litwareinc.com", "exadmin"):
        answer = open_session(user=spelling, password=account.password)
        assert answer["user"] == names.EXCHANGE_ADMIN
    assert "error" in open_session(user="exadmin", password="wrong")
    assert account.rejected == 1
    assert "error" in open_session(
        endpoint="http://atl-fe-001.litwareinc.com/PowerShell/",
        user="exadmin",
        password=account.password,
    )


def test_too_many_wrong_passwords_lock_the_account_until_it_is_changed(world: Bench) -> None:
    accounts = world.domain.accounts
    password = accounts.accounts()[names.EXCHANGE_ADMIN]
    for _ in range(LOCKOUT_THRESHOLD):
        assert accounts.check(FIRST, "exadmin", "wrong") is None
    assert accounts.standing(names.EXCHANGE_ADMIN) is Standing.LOCKED_OUT
    assert accounts.check(FIRST, "exadmin", password) is None
    accounts.change_password("exadmin", "new one")
    assert accounts.check(FIRST, "exadmin", "new one") is not None
    with pytest.raises(LookupError):
        accounts.change_password("nobody", "x")


def test_administrators_of_one_product_are_strangers_to_the_other(world: Bench) -> None:
    accounts = world.domain.accounts
    assert accounts.may_use_winrs(FIRST, names.EXCHANGE_ADMIN)
    assert not accounts.may_use_winrs(FIRST, names.LYNC_ADMIN)
    assert not accounts.may_use_winrs(names.FRONT_ENDS[0], names.EXCHANGE_ADMIN)


def test_names_lead_to_loopback_or_nowhere(world: Bench) -> None:
    found = ask(world, "resolve", host="AutoDiscover.litwareinc.com", port=443)
    assert found["address"] == "127.0.0.1"
    assert ask(world, "resolve", host="unknown.litwareinc.com", port=443) is None
    world.domain.network.unresolvable.add(names.LYNC_POOL)
    assert ask(world, "resolve", host=names.LYNC_POOL, port=443) is None


def test_a_machine_says_whom_it_trusts(world: Bench) -> None:
    def store() -> str:
        variables = ask(world, "environment")["variables"]
        with open(variables["SSL_CERT_FILE"]) as file:
            return file.read()

    assert store() == world.domain.authority.pem
    world.domain.network.distrusting.add(FIRST)
    assert store() != world.domain.authority.pem


def test_an_unknown_question_is_a_bug_of_ours(world: Bench) -> None:
    with pytest.raises(KeyError):
        ask(world, "weather")
