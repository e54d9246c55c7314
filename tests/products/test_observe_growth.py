"""What a look costs does not grow with the number of partners: cmdlet calls at the servers, bytes of an answer."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from partner_operator.products.exchange.operations import ExchangeOperations
from partner_operator.products.lync.operations import LyncOperations
from partner_operator.products.remote import Operations
from partner_operator.products.sharepoint.operations import SharePointOperations
from partner_operator.trust.model import Observed, Product
from partner_simulator.powershell import WindowsPowerShell
from partner_simulator.simulation import Simulation
from partner_simulator.world import names
from partner_simulator.world.domain import Domain
from partner_simulator.world.objects import PartnerApplication, RecipientType, RoleAssignment, User
from support.embedded.farms import issuer
from support.embedded.lync_worlds import lync_trusts
from support.embedded.worlds import account
from support.operated_domain import declared_server, logon, names_of, remotely
from support.prelude.warm import WarmPowerShells
from support.pwsh import find_pwsh
from support.scripts import sharepoint
from support.scripts.exchange import STOCK, entry, exchange, observe
from support.scripts.stubs import Code, Stubs, literal
from support.trust import worlds
from support.trust.worlds import EXCHANGE_URL, LYNC_URL
from support.winrm import powershell as winrm_powershell
from support.winrm.powershell import Ended

MEBIBYTE = 1_048_576
ROLES = ("UserApplication", "ArchiveApplication")
OPERATIONS: dict[Product, Callable[..., Operations[Any]]] = {
    Product.EXCHANGE: ExchangeOperations,
    Product.LYNC: LyncOperations,
    Product.SHAREPOINT: SharePointOperations,
}


@pytest.fixture(
    scope="module", params=["embedded", pytest.param("powershell", marks=pytest.mark.pwsh)]
)
def simulation(request: pytest.FixtureRequest) -> Iterator[Simulation]:
    pwsh = find_pwsh() if request.param == "powershell" else None
    with Simulation(pwsh=pwsh) as running, names_of(running):
        yield running


async def look(simulation: Simulation, product: Product) -> tuple[Observed, Counter[str]]:
    """One look, and the cmdlets that it called."""
    operations = OPERATIONS[product](remotely)
    server = declared_server(simulation, product)
    before = len(simulation.domain.ledger.calls())
    session = operations.on(server, logon(simulation, product), server.hosts[0])
    seen = await session.observe((EXCHANGE_URL, LYNC_URL), None)
    return seen, Counter(call.what for call in simulation.domain.ledger.calls()[before:])


def partner(domain: Domain, number: int, linked: User) -> PartnerApplication:
    """One more pool that Exchange trusts."""
    now = domain.clock.now()
    return PartnerApplication(
        f"pool-{number:04d}",
        names.LYNC_ID,
        now,
        now,
        linked_account=linked.guid,
        auth_metadata_url=f"https://pool-{number:04d}.partners.test/metadata/json/1",
        realm=f"r{number}",
    )


def without_partners(domain: Domain) -> None:
    """Exchange trusts nobody by keys of its own."""
    for known in domain.directory.find(PartnerApplication):
        if not known.use_auth_server:
            domain.directory.delete(known)


def account_of_its_own(domain: Domain, number: int) -> User:
    """An account with the roles that it needs, half of them in another domain of the forest."""
    where = names.CHILD_DOMAIN if number % 2 else names.DOMAIN
    name = f"Pool{number}-ApplicationAccount"
    user = User(name, name[:20], f"{name}@{where}", RecipientType.MAIL_USER, domain=where)
    domain.directory.write(user)
    for role in ROLES:
        domain.directory.write(RoleAssignment(f"{role}-{number}", role, user.guid, name))
    return user


@pytest.mark.parametrize("own", [False, True], ids=["one account", "an account each"])
async def test_a_look_at_exchange_makes_as_many_calls_for_twenty_partners_as_for_one(
    simulation: Simulation, own: bool
) -> None:
    domain, made, told = simulation.domain, 0, dict[int, Counter[str]]()
    without_partners(domain)
    for count in (1, 5, 20):
        while made < count:
            linked = account_of_its_own(domain, made) if own else account(domain, ROLES)
            domain.directory.write(partner(domain, made, linked))
            made += 1
        seen, told[count] = await look(simulation, Product.EXCHANGE)
        accounts = [each.linked_account for each in seen.entries if each.realm.startswith("r")]
        assert len(accounts) == count
        assert {each.roles for each in accounts if each is not None} == {tuple(sorted(ROLES))}
        assert None not in accounts
    assert told[1] == told[5] == told[20]
    assert told[20]["Get-ManagementRoleAssignment"] == 1
    assert told[20]["Get-User"] == 0


async def test_roles_through_a_group_and_a_lost_account_cost_a_question_for_each_account(
    simulation: Simulation,
) -> None:
    """Which accounts are members of a group, no list of assignments says: it is asked, once for an account."""
    domain = simulation.domain
    without_partners(domain)
    for assignment in domain.directory.find(RoleAssignment):
        domain.directory.delete(assignment)
    linked = account(domain, ())
    for number in range(4):
        domain.directory.write(partner(domain, number, linked))
    group = RoleAssignment(
        "UserApplication-Partners",
        "UserApplication",
        domain.directory.find(User)[0].guid,
        "Partners",
    )
    domain.directory.write(replace(group, assignee=group.guid, members=(linked.guid,)))
    domain.directory.write(
        RoleAssignment("Archive", "ArchiveApplication", linked.guid, linked.name)
    )
    seen, calls = await look(simulation, Product.EXCHANGE)
    found = {each.linked_account.roles for each in seen.entries if each.linked_account}
    assert tuple(sorted(ROLES)) in found
    assert calls["Get-ManagementRoleAssignment"] == 2
    assert calls["Get-User"] == 1


async def test_a_look_at_lync_makes_as_many_calls_for_twenty_partners_as_for_one(
    simulation: Simulation,
) -> None:
    told = dict[int, Counter[str]]()
    for count in (1, 5, 20):
        for number in range(count):
            lync_trusts(identity=f"P{number}", realm=f"r{number}")(simulation.domain)
        seen, told[count] = await look(simulation, Product.LYNC)
        assert len(seen.entries) == count
    assert told[1] == told[5] == told[20]


async def test_a_look_at_a_farm_opens_one_web_however_many_partners_it_trusts(
    simulation: Simulation,
) -> None:
    """What a principal may do no cmdlet reads: the farm's objects are asked, for each through the same web."""
    told = dict[int, Counter[str]]()
    for count in (1, 5, 20):
        for number in range(count):
            registered, name = f"{names.EXCHANGE_ID}@r{number}", f"Exchange {number}"
            issuer(name, registered, id=UUID(int=number + 1))(simulation.domain)
        seen, calls = await look(simulation, Product.SHAREPOINT)
        assert len(seen.entries) == count
        assert all(each.permission is not None for each in seen.entries)
        told[count] = Counter({what: many for what, many in calls.items() if "-" in what})
    assert told[1] == told[5] == told[20]
    assert told[20]["Get-SPWeb"] == 1


async def observe_farm(stubs: Stubs) -> Observed:
    """Observe the farm that the stand-ins make up."""
    session = SharePointOperations(stubs.run).on(
        worlds.server(Product.SHAREPOINT, hosts=(sharepoint.HOST,)),
        sharepoint.CREDENTIALS,
        sharepoint.HOST,
    )
    return await session.observe((), None)


async def answers_of(
    stubs: Stubs,
    monkeypatch: pytest.MonkeyPatch,
    powershells: WarmPowerShells,
    look_at: Callable[[Stubs], Awaitable[Observed]] = observe,
) -> tuple[Observed, list[str]]:
    """What a look in PowerShell 3.0 comes to, and each answer as it was written."""
    answers: list[str] = []

    def call(
        script: str, parameters: dict[str, object], secrets: dict[str, str], **more: object
    ) -> Ended:
        line = winrm_powershell.request(script, parameters, secrets)
        ended = powershells.run(WindowsPowerShell.V3_0, line, str(more["before"]))
        answers.append(json.dumps(ended.answer.data))
        return ended

    monkeypatch.setattr("support.scripts.stubs.call", call)
    return await look_at(stubs), answers


def crowded(count: int) -> Stubs:
    """An Exchange with so many entries that nobody declared, each with two certificates and a long name."""
    certificate = literal(["QUJD" * 400, "REVG" * 400])
    made = (
        f"$certificates = {certificate}; 1..{count} | ForEach-Object {{ $one = {literal(entry())}; "
        "$one.Name = ('Lync partner ' + $_).PadRight(64, '-'); "
        "$one.DistinguishedName = 'CN=partner-' + $_ + ',CN=Partner Applications,DC=litwareinc,DC=com'; "
        "$one.Realm = 'realm-' + $_ + '.litwareinc.com'; $one.CertificateStrings = $certificates; "
        "$one.AuthMetadataUrl = 'https://pool-' + $_ + '.litwareinc.com/metadata/json/1'; $one }; "
    )
    roles = [
        {"Role": role, "RoleAssignee": entry()["LinkedAccount"]}
        for role in (*ROLES, "MeetingGraphApplication")
    ]
    stubs = exchange(Code(made + literal(STOCK)))
    return stubs.cmdlet("Get-ManagementRoleAssignment", roles)


@pytest.mark.pwsh
@pytest.mark.parametrize(("count", "most"), [(500, 1), (2000, 4)])
async def test_answers_stay_below_a_mebibyte_on_powershell_3_however_many_entries_there_are(
    count: int, most: int, monkeypatch: pytest.MonkeyPatch, powershells: WarmPowerShells
) -> None:
    """It writes no more than two. What does not fit comes in another answer, and the list is whole."""
    seen, answers = await answers_of(crowded(count), monkeypatch, powershells)
    assert len(seen.entries) == count + 1
    assert len({each.reference for each in seen.entries}) == count + 1
    assert seen.incomplete is None
    assert max(map(len, answers)) < MEBIBYTE
    assert len(answers) <= most


def warned(count: int) -> Stubs:
    """An Exchange that warns about each of so many entries, and counts how often their Guids are looked at."""
    guid = "{ $global:reads++; 'CN=' + $this.Name }"
    made = (
        f"1..{count} | ForEach-Object {{ $one = {literal(entry())}; $one.Name = 'Partner ' + $_; "
        "Write-Warning ('The object litwareinc.com/Trust/' + $one.Name + ' has been corrupted: it lacks ' + $_); "
        f"$one | Add-Member -MemberType ScriptProperty -Name Guid -Value {guid} -Force -PassThru }}; "
    )
    stubs = exchange(Code(made + literal(STOCK))).state("$global:reads = 0")
    return stubs.cmdlet(
        "Get-AcceptedDomain", Code("@{ DomainName = '*.' + $global:reads + '.test' }")
    )


@pytest.mark.pwsh
async def test_a_server_may_warn_about_each_of_its_entries(
    monkeypatch: pytest.MonkeyPatch, powershells: WarmPowerShells
) -> None:
    """Each warning is found its entry, and no entry is looked at for each warning."""
    count = 120
    seen, _ = await answers_of(warned(count), monkeypatch, powershells)
    told = {each.identity: each.warning for each in seen.entries if each.warning}
    assert len(told) == count
    assert all(warning.endswith(f" {name.split()[1]}") for name, warning in told.items())
    [reads] = [int(domain.split(".")[1]) for domain in seen.wildcard_domains]
    assert count <= reads <= 4 * count


@pytest.mark.pwsh
async def test_a_farm_may_have_many_issuers(
    monkeypatch: pytest.MonkeyPatch, powershells: WarmPowerShells
) -> None:
    """They are counted twice, by two cmdlets, and no issuer of one is compared with each of the other."""
    count = 60
    known = [
        sharepoint.issuer(
            f"Partner {number}", Id=str(UUID(int=number)), RegisteredIssuerName=f"x@r{number}"
        )
        for number in range(count)
    ]
    stubs = sharepoint.farm(*known).state(
        "$global:compared = 0; $null = Set-PSBreakpoint -Command Test-Same -Action { $global:compared++ }"
    )
    stubs.cmdlet(
        "Get-SPTrustedRootAuthority", Code("[pscustomobject]@{ Name = [string]$global:compared }")
    )
    seen, answers = await answers_of(stubs, monkeypatch, powershells, observe_farm)
    assert len(seen.entries) == count
    assert json.loads(answers[0])["doubts"] == []
    [compared] = json.loads(answers[0])["roots"]["texts"]
    assert count <= int(compared) <= 4 * count
