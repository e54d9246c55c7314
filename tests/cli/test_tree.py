"""The tree as it stands in terminals of all kinds, and in a pipe."""

from __future__ import annotations

import io
import re
import time

import pytest
from rich.cells import cell_len
from rich.console import Console

from partner_operator.cli.tree import show
from partner_operator.view.overview import overview_of
from support.view import scenes
from support.view.scenes import Scene


def drawn(scene: Scene, *, terminal: bool = True, width: int = 100, encoding: str = "utf-8") -> str:
    """What is shown, with colours taken out."""
    written = io.TextIOWrapper(io.BytesIO(), encoding=encoding, errors="backslashreplace")
    console = Console(file=written, width=width, force_terminal=terminal, highlight=False)
    show(overview_of(*scene), console, whole=False)
    written.seek(0)
    return written.read()


def bare(text: str) -> str:
    """Without colours."""
    return re.sub(r"\x1b\[[0-9;]*m", "", text)


def words(text: str) -> str:
    """What is left to read when lines and guides are gone."""
    return "".join(re.sub(r"[│├└─]", "", bare(text)).split())


def test_a_pipe_gets_plain_lines_that_are_never_cut() -> None:
    told = drawn(scenes.all_sorts(), terminal=False, width=40)
    assert "\x1b" not in told
    assert not re.search("[─-╿]", told)
    assert "    Stalled    exchange trusts 郵件系統 HR  hr-on-exchange\n" in told
    [line] = [line for line in told.splitlines() if "PartnerNotAllowed" in line]
    assert line == "      PartnerNotAllowed; see above."
    assert "By command: partner-operator approve-restart exchange -n trust\n" in told


@pytest.mark.parametrize("width", [40, 60, 80, 200])
def test_a_narrow_terminal_wraps_and_loses_nothing(width: int) -> None:
    told = drawn(scenes.all_sorts(), width=width)
    assert max(cell_len(line) for line in bare(told).splitlines()) <= width
    assert words(told) == words(drawn(scenes.all_sorts(), width=1000))


def test_states_stand_in_a_column_whatever_the_names() -> None:
    """A Chinese letter takes two places on the screen."""
    scene = scenes.six_trusts()
    for body in (*scene.servers, *scene.trusts):
        if body["metadata"]["name"] == "lync":
            body["metadata"]["name"] = scenes.CHINESE
        for reference in ("serverRef", "partnerRef"):
            if body["spec"].get(reference, {}).get("name") == "lync":
                body["spec"][reference]["name"] = scenes.CHINESE
    lines = bare(drawn(scene)).splitlines()
    for one in ("lync-on-exchange", "exchange-on-lync"):
        [line] = [line for line in lines if line.rstrip().endswith(one)]
        assert cell_len(line[: line.index(one)]) == cell_len(
            f"│   ├── ✓ Ready      exchange trusts {scenes.CHINESE}  "
        )
    about = [line for line in lines if "org-" in line]
    assert len({cell_len(re.split("Exchange,|Lync,|SharePoint,", line)[0]) for line in about}) == 1


def test_an_old_terminal_gets_letters_that_it_has() -> None:
    told = drawn(scenes.all_sorts(), encoding="ascii")
    assert told.isascii()
    assert "x Stalled" in told
    assert "\\u90f5" in told


def test_colour_says_nothing_that_words_do_not() -> None:
    told = drawn(scenes.all_sorts())
    assert "\x1b[1;31m✗ Stalled" in told
    for word in ("Stalled", "Waiting", "Unknown", "Differs", "Suspended", "Ready", "not declared"):
        assert word in bare(told)


def test_what_is_asked_of_people_comes_first_and_once() -> None:
    told = bare(drawn(scenes.all_sorts(), width=1000))
    assert told.index("These wait for you") < told.index("Servers")
    assert told.count("restart.policy is Manual") == 1
    assert told.count("RestartApprovalNeeded; see above.") == 4


def test_five_hundred_trusts_are_quick_and_the_bad_ones_on_top() -> None:
    scene = scenes.many(500)
    begun = time.process_time()
    lines = bare(drawn(scene, width=1000)).splitlines()
    assert time.process_time() - begun < 3
    assert len(lines) < 600
    quiet = lines.index("✓ All is Ready in")
    assert all("3 servers, " in line for line in lines[quiet + 1 :] if line.strip())
    assert not [line for line in lines[quiet:] if "Stalled" in line]


def test_many_pairs_of_one_namespace_take_a_line_each() -> None:
    scene = scenes.many(120)
    for body in (*scene.servers, *scene.trusts):
        number = body["metadata"]["namespace"].rpartition("-")[2]
        body["metadata"]["namespace"] = "trust"
        body["metadata"]["name"] += f"-{number}"
        for reference in ("serverRef", "partnerRef"):
            if reference in body["spec"]:
                body["spec"][reference]["name"] += f"-{number}"
    told = bare(drawn(scene, width=1000))
    assert "├── ✓ Ready  exchange-002 and lync-002: both directions\n" in told
    assert told.index("exchange-001 trusts lync-001") < told.index("exchange-002 and lync-002")
