"""Product cmdlets fail to bind as compiled cmdlets do: by id and category, before any handler runs."""

from __future__ import annotations

import json
import threading

import pytest

from partner_simulator.ports import CmdletCall, CmdletOutput, CommandEngine
from support.world.powershell import LYNC, S1, SNAPIN, TinyWorld, application, emits, run

EXCHANGE_TASKS = "Microsoft.Exchange.Management.SystemConfigurationTasks"

REPORT = (
    (
        'catch { @{{id=$_.FullyQualifiedErrorId; category="$($_.CategoryInfo.Category)";'
        " type=$_.Exception.GetType().Name; message=$_.Exception.Message;"
        ' inner="$(if ($_.Exception.InnerException) {{ $_.Exception.InnerException.GetType().Name }})" }}'
        " | ConvertTo-Json -Compress }}"
    )
    .replace("{{", "{")
    .replace("}}", "}")
)


def failure(engine: CommandEngine, command: str) -> dict[str, str]:
    """The error record that an Exchange command throws."""
    answer = run(engine, f"Add-PSSnapin {SNAPIN}; try {{ {command} }} {REPORT}")
    record: dict[str, str] = json.loads(answer.stdout)
    return record


def failure_of_the_world(engine: CommandEngine, command: str) -> dict[str, str]:
    """The same, once the thread that broke has ended: else a later test would be told of it."""
    before = set(threading.enumerate())
    record = failure(engine, command)
    for thread in set(threading.enumerate()) - before:
        if "_serve" in thread.name:
            thread.join(10)
    return record


BINDING = {
    "unknown parameter": ("Get-PartnerApplication -Bogus 1", "NamedParameterNotFound", "Get"),
    "sets mixed": (
        "New-PartnerApplication x -AuthMetadataUrl u -ApplicationIdentifier i",
        "AmbiguousParameterSet",
        "New",
    ),
    "no set chosen": ("New-PartnerApplication x", "AmbiguousParameterSet", "New"),
    "mandatory missing": ("Set-PartnerApplication", "MissingMandatoryParameter", "Set"),
    "ambiguous prefix": ("Set-PartnerApplication x -A y", "AmbiguousParameter", "Set"),
    "too many positionals": (
        "Get-PartnerApplication a b",
        "PositionalParameterNotFound",
        "Get",
    ),
    "twice": ("Get-PartnerApplication -Identity a -Identity b", "ParameterAlreadyBound", "Get"),
    "no value": ("Get-PartnerApplication -Identity", "MissingArgument", "Get"),
    "text for a boolean": (
        "Set-PartnerApplication x -Enabled yes",
        "CannotConvertArgument",
        "Set",
    ),
    "text for a switch": (
        "Set-PartnerApplication x -RefreshAuthMetadata:'yes'",
        "CannotConvertArgument",
        "Set",
    ),
    "null to a mandatory string": (
        "Remove-PartnerApplication $null",
        "ParameterArgumentValidationErrorEmptyStringNotAllowed",
        "Remove",
    ),
    "empty to a mandatory string": (
        "Remove-PartnerApplication ''",
        "ParameterArgumentValidationErrorEmptyStringNotAllowed",
        "Remove",
    ),
    "parameter of a later version": (
        "Set-PartnerApplication x -AccountType ConsumerAccount",
        "NamedParameterNotFound",
        "Set",
    ),
}


@pytest.mark.pwsh
@pytest.mark.parametrize(("command", "error_id", "verb"), BINDING.values(), ids=BINDING.keys())
def test_what_cannot_be_bound_fails_with_the_ids_of_a_compiled_cmdlet(
    engine: CommandEngine, world: TinyWorld, command: str, error_id: str, verb: str
) -> None:
    record = failure(engine, command)
    full_id = f"{error_id},{EXCHANGE_TASKS}.{verb}PartnerApplication"
    assert record["id"] in {full_id, full_id.replace("EmptyString", "Null")}
    assert record["category"] in {"InvalidArgument", "InvalidData"}
    assert record["type"].startswith("ParameterBinding")
    assert world.calls == []


@pytest.mark.pwsh
def test_an_unusable_metadata_url_is_refused_while_it_is_being_bound(
    engine: CommandEngine, world: TinyWorld
) -> None:
    """P-LY-8, word for word, and with -WhatIf too."""
    world.refusal = S1
    script = (
        "try { New-CsPartnerApplication -Identity Exchange -ApplicationTrustLevel Full"
        f" -MetadataUrl https://wrong/ -WhatIf }} {REPORT}"
    )
    record = json.loads(run(engine, script, LYNC).stdout)
    assert record["id"].startswith("ParameterBindingFailed,")
    assert record["category"] == "WriteError"
    assert record["type"] == "ParameterBindingException"
    assert record["inner"] == "SetValueInvocationException"
    assert record["message"] == (
        "Cannot bind parameter 'MetadataUrl' to the target. "
        f'Exception setting "MetadataUrl": "{S1}"'
    )
    assert world.bound == [("New-CsPartnerApplication", "MetadataUrl", "https://wrong/")]
    assert world.calls == []


@pytest.mark.pwsh
def test_a_usable_metadata_url_is_bound_and_the_call_arrives_whole(
    engine: CommandEngine, world: TinyWorld
) -> None:
    run(
        engine,
        "New-CsPartnerApplication Exchange -ApplicationTrustLevel f -MetadataUrl https://x/"
        " -AcceptSecurityIdentifierInformation $true -Force"
        " -Tenant 7557eb47-c689-4224-abcf-aef9bd7573df -Verbose",
        LYNC,
    )
    (call,) = world.calls
    assert call.session == LYNC
    assert call.parameter_set == "MetadataUrl"
    assert call.second_hop is None
    values = dict(call.parameters)
    assert values.pop("ApplicationTrustLevel").name == "Full"
    assert str(values.pop("Tenant")) == "7557eb47-c689-4224-abcf-aef9bd7573df"
    assert values == {
        "Identity": "Exchange",
        "MetadataUrl": "https://x/",
        "AcceptSecurityIdentifierInformation": True,
        "Force": True,
    }


@pytest.mark.pwsh
def test_a_piped_object_binds_as_the_identity(engine: CommandEngine, world: TinyWorld) -> None:
    removed: list[str] = []

    def remove(call: CmdletCall, output: CmdletOutput) -> None:
        name = call.parameters["Identity"]
        if output.should_process(name, "Remove"):
            removed.append(name)

    world.handlers = {
        "Get-PartnerApplication": emits(application("Lync ä"), application("O'Neil $(x)")),
        "Remove-PartnerApplication": remove,
    }
    run(
        engine,
        f"Add-PSSnapin {SNAPIN}; Get-PartnerApplication | Remove-PartnerApplication -Confirm:$false",
    )
    assert removed == ["Lync ä", "O'Neil $(x)"]


@pytest.mark.pwsh
@pytest.mark.parametrize(
    ("options", "happens"), [("", False), ("-WhatIf", False), ("-Confirm:$false", True)]
)
def test_a_high_impact_cmdlet_does_nothing_until_it_is_told_not_to_ask(
    engine: CommandEngine, world: TinyWorld, options: str, *, happens: bool
) -> None:
    decided: list[bool] = []

    def remove(call: CmdletCall, output: CmdletOutput) -> None:
        decided.append(output.should_process("x", "Remove"))

    world.handlers = {"Remove-PartnerApplication": remove}
    answer = run(engine, f"Add-PSSnapin {SNAPIN}; Remove-PartnerApplication x {options}")
    assert decided == ([] if options == "" else [happens])
    assert ("NonInteractive mode" in answer.stderr) == (options == "")


@pytest.mark.pwsh
def test_lists_of_none_one_and_many_arrive_as_lists(
    engine: CommandEngine, world: TinyWorld
) -> None:
    for given, expected in (("@()", []), ("'a'", ["a"]), ("'a','b'", ["a", "b"])):
        world.calls.clear()
        run(
            engine,
            f"Add-PSSnapin {SNAPIN}; Set-PartnerApplication x -ActAsPermissions {given}",
        )
        assert world.calls[0].parameters["ActAsPermissions"] == expected


@pytest.mark.pwsh
@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_fault_of_the_world_is_never_taken_for_a_products(
    engine: CommandEngine, world: TinyWorld
) -> None:
    def break_down(call: CmdletCall, output: CmdletOutput) -> None:
        raise OSError("the world is broken")

    world.handlers = {"Get-PartnerApplication": break_down}
    record = failure_of_the_world(engine, "Get-PartnerApplication")
    assert record["id"] == f"SimulatorFailure,{EXCHANGE_TASKS}.GetPartnerApplication"


@pytest.mark.pwsh
@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_handler_that_forgets_to_ask_is_found_out_by_what_if(
    engine: CommandEngine, world: TinyWorld
) -> None:
    """Else a confirmation would vanish silently from a simulated cmdlet."""
    record = failure_of_the_world(engine, "Set-PartnerApplication x -Enabled $true -WhatIf")
    assert record["id"].startswith("SimulatorFailure,")
