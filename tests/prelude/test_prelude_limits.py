"""What the JSON of Windows PowerShell 3.0 and 4.0 cannot carry: two megabytes in either direction."""

from __future__ import annotations

import pytest

from partner_operator.winrm import ProtocolViolation
from partner_operator.winrm.framing import LONGEST_REQUEST
from partner_simulator.powershell import WindowsPowerShell
from support.prelude.rows import OLD, V3_0, V4_0
from support.prelude.warm import WarmPowerShells
from support.winrm.powershell import request

pytestmark = pytest.mark.pwsh


@pytest.mark.parametrize("version", OLD, ids=lambda version: version.name)
def test_the_longest_request_is_read_everywhere(
    powershells: WarmPowerShells, version: WindowsPowerShell
) -> None:
    """The operator's own limit keeps below that of the oldest server."""
    longest = LONGEST_REQUEST - 200
    line = request("@{ length = $Request.text.Length }", {"text": "x" * longest})
    assert powershells.run(version, line, "").answer.data == {"length": longest}


@pytest.mark.parametrize("version", [V3_0, V4_0], ids=lambda version: version.name)
def test_an_answer_that_cannot_be_written_is_told_as_such(
    powershells: WarmPowerShells, version: WindowsPowerShell
) -> None:
    """No half answer, and the reason in the server's words; PowerShell 7 would have written it."""
    line = request("@{ text = 'x' * 2100000 }")
    ended = powershells.run(version, line, "")
    assert isinstance(ended.failure, ProtocolViolation)
    assert "ran, but broke its contract" in ended.failure.message
    assert "maxJsonLength" in ended.failure.message
    assert len(powershells.run(WindowsPowerShell.NONE, line, "").answer.data["text"]) == 2_100_000


def test_plain_data_of_every_kind_comes_back_from_every_version(
    powershells: WarmPowerShells,
) -> None:
    """There and back: what JSON of these versions would change on its way is not changed."""
    values = {
        "times": ["2020-01-02T03:04:05Z", "/Date(0)/", "\\/Date(0)\\/"],
        "signs": "'<>&\u0085\u2028\u2029\"\\ \t\r\n\u0000\u65e5\U0001d11e",
        "numbers": [0, -1, 2_147_483_647, -2_147_483_648],
        "lists": [[], [[]], [1], [[1], [2, [3]]], [None], [{}]],
        "nothing": None,
        "both": [True, False],
        "names": {"value": [1], "Count": 1} | {f"k{n}": n for n in range(1200)},
    }
    line = request("$Request", values)
    for version in WindowsPowerShell:
        assert powershells.run(version, line, "").answer.data == values, version
