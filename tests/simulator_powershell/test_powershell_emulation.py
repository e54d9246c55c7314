"""Which PowerShell a machine passes for: by machine, cold or reused, and never by a run before."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from partner_simulator.ports import CommandEngine
from partner_simulator.powershell import PowerShellEngine, WindowsPowerShell
from support.pwsh import find_pwsh
from support.world.powershell import EXCHANGE, LYNC, SNAPIN, TinyWorld, application, emits, run

pytestmark = pytest.mark.pwsh
WHICH = (
    '"$($PSVersionTable.PSVersion.Major)"; ConvertTo-Json -Compress "\'";'
    " try { $null = 1 | Sort-Object -Top 1; 'new' } catch { ($_.FullyQualifiedErrorId -split ',')[0] }"
)
OLD = ["5", '"\\u0027"', "NamedParameterNotFound"]
NEW = ["7", '"\'"', "new"]


@pytest.fixture(scope="module")
def mixed_world() -> TinyWorld:
    return TinyWorld()


@pytest.fixture(scope="module", params=[True, False], ids=["reused", "cold"])
def mixed(request: pytest.FixtureRequest, mixed_world: TinyWorld) -> Iterator[CommandEngine]:
    """Exchange passes for 5.1, Lync for nothing."""
    engine = PowerShellEngine(
        find_pwsh(),
        mixed_world,
        reuse=request.param,
        hosts={EXCHANGE.host: WindowsPowerShell.V5_1},
    )
    yield engine
    engine.close()


def test_each_machine_has_its_own(mixed: CommandEngine) -> None:
    """Parameters are taken away from a whole process: it must not serve the other machine."""
    for _ in range(2):
        assert run(mixed, WHICH, EXCHANGE).lines == OLD
        assert run(mixed, WHICH, LYNC).lines == NEW


def test_what_a_run_does_to_the_version_is_gone_with_it(mixed: CommandEngine) -> None:
    """The next run passes for 5.1 whatever the last one removed."""
    spoil = "Remove-TypeData System.Array; $PSVersionTable.PSVersion = 'x'; $IsLinux = $true"
    run(mixed, spoil, EXCHANGE)
    look = 'ConvertTo-Json -Compress ([psobject]@(1)); "$($PSVersionTable.PSVersion)$IsLinux"'
    assert run(mixed, look, EXCHANGE).lines == ['{"value":[1],"Count":1}', "5.1.14393.206"]


def test_product_cmdlets_work_under_it(mixed: CommandEngine, mixed_world: TinyWorld) -> None:
    """They bind, write and convert; a parameter of PowerShell 7 is unknown to them too."""
    mixed_world.handlers = {"Get-PartnerApplication": emits(application("Lync"))}
    script = (
        f"Add-PSSnapin {SNAPIN}; $a = Get-PartnerApplication -ErrorAction Stop;"
        ' ConvertTo-Json -Compress @{n = "$($a.Name)"; t = $a.AccountType};'
        " try { Get-PartnerApplication -ProgressAction Ignore } catch { $_.FullyQualifiedErrorId }"
    )
    answer, refusal = run(mixed, script, EXCHANGE).lines
    assert answer in {'{"n":"Lync","t":1}', '{"t":1,"n":"Lync"}'}
    assert refusal.startswith("NamedParameterNotFound,")


def test_a_function_of_the_script_comes_before_the_machines_commands(
    mixed: CommandEngine,
) -> None:
    """As on Windows: stand-ins in a script are what it calls."""
    script = (
        "function Get-Process { 'mine' }; function ConvertTo-Json { 'mine too' };"
        " function New-PSSession { 'also mine' }; Get-Process; ConvertTo-Json; New-PSSession"
    )
    for session in (EXCHANGE, LYNC):
        assert run(mixed, script, session).lines == ["mine", "mine too", "also mine"]
