"""The parts that need no PowerShell: line ends, marks, command lines, signatures, generated text."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from uuid import UUID

import pytest

from partner_simulator.ports import PsEnum, PsObject, PsText
from partner_simulator.powershell import generate, values
from partner_simulator.powershell.command_line import PowerShellRun, parse, split
from partner_simulator.powershell.signatures import Cmdlet, UnknownProduct, cmdlets
from partner_simulator.powershell.streams import ErrorLineEnds, LineEnds, MarkedStream

CHOPS = range(1, 12)


def chopped(data: bytes, size: int) -> list[bytes]:
    return [data[start : start + size] for start in range(0, len(data), size)]


@pytest.mark.parametrize("size", CHOPS)
def test_line_ends_are_the_same_however_the_bytes_come(size: int) -> None:
    given = b"a\nb\r\nc\r\r\nd\n\n\r\n"
    rewriter = LineEnds()
    out = b"".join(rewriter.feed(part) for part in chopped(given, size)) + rewriter.finish()
    assert out == b"a\r\nb\r\nc\r\r\nd\r\n\r\n\r\n"


@pytest.mark.parametrize("size", CHOPS)
def test_clixml_line_ends_become_those_of_windows(size: int) -> None:
    given = b"#< CLIXML\n<S>a_x000A_b_x000D__x000A_c_x001B_</S>_x000A_"
    rewriter = ErrorLineEnds()
    out = b"".join(rewriter.feed(part) for part in chopped(given, size)) + rewriter.finish()
    assert out == (b"#< CLIXML\r\n<S>a_x000D__x000A_b_x000D__x000A_c_x001B_</S>_x000D__x000A_")


@pytest.mark.parametrize("size", CHOPS)
def test_a_run_is_cut_out_exactly_between_its_marks(size: int) -> None:
    mark = b"\0abcdef\0"
    stream = MarkedStream(mark)
    inside = b"x\0abc\0abcdefx\0"
    got = b"".join(
        stream.feed(part) for part in chopped(b"stray" + mark + inside + mark + b"later", size)
    )
    assert got == inside
    assert stream.ended


def test_output_of_a_process_that_died_is_not_lost() -> None:
    stream = MarkedStream(b"\0mark\0")
    assert stream.feed(b"\0mark\0half\0ma") + stream.abandon() == b"half\0ma"


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("a b  c", ["a", "b", "c"]),
        ('"a b" c"d e"f', ["a b", "cd ef"]),
        (r'a\b \\ "c\\" "d\"e"', [r"a\b", r"\\", "c\\", 'd"e']),
        ('""', [""]),
        ('"a""b"', ['a"b']),
        ("", []),
    ],
)
def test_words_are_split_as_windows_programs_split_them(line: str, words: list[str]) -> None:
    assert split(line) == words


@pytest.mark.parametrize(
    ("line", "arguments"),
    [
        (
            "powershell -nop -noni -ex bypass -c x",
            ("-noninteractive", "-executionpolicy", "bypass"),
        ),
        ("powershell -NonI -InputFormat Text -c x", ("-noninteractive", "-inputformat", "Text")),
        ("powershell -Sta -Version 5.1 -WindowStyle Hidden -c x", ()),
        ("powershell x", ()),
    ],
)
def test_only_options_that_pwsh_knows_are_passed_on(line: str, arguments: tuple[str, ...]) -> None:
    asked = parse(line)
    assert isinstance(asked, PowerShellRun)
    assert asked.arguments == (*arguments, "-Command", "x")


@pytest.mark.parametrize(
    ("text", "reads"),
    [("@($INPUT)", True), ("[Console]::In.ReadLine()", True), ("$inputs", False), ("1", False)],
)
def test_a_script_that_reads_input_is_known_by_its_text(text: str, *, reads: bool) -> None:
    asked = parse(f'powershell -c "{text}"')
    assert isinstance(asked, PowerShellRun)
    assert asked.reads_input is reads


def named(product: str, name: str) -> Cmdlet:
    return next(cmdlet for cmdlet in cmdlets(product) if cmdlet.name == name)


def test_parameters_of_other_versions_are_absent() -> None:
    old = {item.name for item in named("Exchange Server 2013", "New-PartnerApplication").parameters}
    new = {item.name for item in named("Exchange Server 2016", "New-PartnerApplication").parameters}
    assert "AccountType" in new - old
    assert "ActAsPermissions" in old - new


@pytest.mark.parametrize(
    "product",
    [
        "Exchange Server 2013",
        "Exchange Server 2016",
        "Exchange Server 2019",
        "Exchange Server SE",
        "Lync Server 2013",
        "Skype for Business Server 2015",
        "Skype for Business Server 2019",
    ],
)
def test_every_cmdlet_of_every_version_can_be_called_in_some_set(product: str) -> None:
    entries = cmdlets(product)
    assert entries
    for cmdlet in entries:
        sets = {item.parameter_set for one in cmdlet.parameters for item in one.bindings}
        assert not cmdlet.default_set or cmdlet.default_set in sets, cmdlet.name


def test_an_unknown_product_is_refused() -> None:
    with pytest.raises(UnknownProduct):
        cmdlets("Exchange Server 5.5")


def test_removal_asks_on_exchange_and_not_on_lync() -> None:
    assert named("Exchange Server 2013", "Remove-PartnerApplication").impact == "High"
    assert named("Lync Server 2013", "Remove-CsPartnerApplication").impact == "Medium"


def test_proxies_are_untyped_and_nothing_in_them_is_mandatory() -> None:
    text = generate.proxy(named("Exchange Server 2013", "New-PartnerApplication"))
    assert "Mandatory" not in text
    assert "[switch] ${TrustAnySSLCertificate}" in text
    assert "[string]" not in text


def test_values_survive_the_way_to_the_script_and_back() -> None:
    randomness = random.Random(7)
    moment = datetime(2026, 11, 25, 5, 6, 7, 123456, tzinfo=UTC)
    samples = [
        None,
        True,
        0,
        -1,
        2**40,
        "ä $(x) \n \0",
        UUID(int=randomness.getrandbits(128)),
        randomness.randbytes(50),
        moment,
        moment.replace(tzinfo=None),
        PsEnum("A.B", "C", 3),
        [],
        ["a"],
        [["a"], [1, None]],
    ]
    assert [values.decode(values.encode(sample)) for sample in samples] == samples


def test_objects_are_encoded_with_names_text_and_properties_in_order() -> None:
    item = PsObject(("A", "B"), "text", {"z": 1, "a": PsText("T", "t")})
    assert values.encode(item) == {
        "t": "obj",
        "n": ["A", "B"],
        "x": "text",
        "p": [["z", 1], ["a", {"t": "text", "n": "T", "v": "t"}]],
    }


def test_what_ports_do_not_allow_is_a_type_error() -> None:
    with pytest.raises(TypeError):
        values.encode(object())
