"""Which engine is taken: the first PowerShell that works, one that is fetched, or the embedded one, and it says why."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import pytest

from partner_testbed import (
    Engine,
    EngineError,
    PowerShellMissingError,
    choose_engine,
    find_powershell,
    find_pwsh,
    powershells,
)
from partner_testbed.archives import Archive
from support.testbed.server import serving, tarball

GOOD = "7.6.9 Unix"


def program(path: Path, answer: str = GOOD, code: int = 0) -> Path:
    """Write a program that answers as pwsh would, and ends with a code."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\necho '{answer}'\nexit {code}\n")
    path.chmod(0o755)
    return path


@pytest.fixture(autouse=True)
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No PowerShell and no dotnet anywhere, nothing asked for."""
    for name in ("PARTNER_OPERATOR_PWSH", "PARTNER_OPERATOR_ENGINE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PARTNER_OPERATOR_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", str(tmp_path / "path"))


def test_it_is_taken_from_variable_then_path_then_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cached = program(tmp_path / "cache" / "powershell" / "pwsh", "7.4.1 Unix")
    assert find_powershell().path == cached
    assert str(find_powershell()) == "PowerShell 7.4.1 (cache folder; only 7.6 was tried)"
    on_path = program(tmp_path / "path" / "pwsh", "7.60.0 Unix")
    assert find_powershell().path == on_path
    assert str(find_powershell()) == "PowerShell 7.60.0 (PATH; only 7.6 was tried)"
    named = program(tmp_path / "a" / "pwsh")
    monkeypatch.setenv("PARTNER_OPERATOR_PWSH", str(named))
    assert find_pwsh() == named
    assert str(find_powershell()) == "PowerShell 7.6.9 (PARTNER_OPERATOR_PWSH)"


BAD = {
    "too old": ("7.3.12 Unix", 0, "is PowerShell 7.3.12, which is too old"),
    "Windows PowerShell": ("5.1.19041.1 ", 0, "which is too old"),
    "of Windows": ("7.6.0 Win32NT", 0, "is Windows' own PowerShell"),
    "broken": ("Failed to load libhostfxr.so", 131, "ended with code 131 and said Failed to load"),
    "silent": ("", 0, "ended with code 0 and said nothing"),
    "another program": ("usage: pwsh FILE", 0, "said usage: pwsh FILE"),
}


@pytest.mark.parametrize(("answer", "code", "says"), BAD.values(), ids=BAD)
def test_one_that_cannot_be_used_is_passed_over_aloud(
    answer: str, code: int, says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another one further on the PATH is taken; alone it is the reason for the embedded engine."""
    bad = program(tmp_path / "path" / "pwsh", answer, code)
    choice = choose_engine()
    assert choice.pwsh is None
    assert f"{bad} " in choice.why_not
    assert says in choice.why_not
    good = program(tmp_path / "further" / "pwsh")
    monkeypatch.setenv("PATH", f"{bad.parent}:{good.parent}")
    assert choose_engine().pwsh == good


@pytest.mark.parametrize("content", [b"MZ\x90\x00", b"\x7fELF of another machine"])
def test_a_program_of_another_system_is_not_run(content: bytes, tmp_path: Path) -> None:
    """Under WSL the PATH of Windows is on ours."""
    path = program(tmp_path / "path" / "pwsh")
    path.write_bytes(content)
    why = choose_engine().why_not
    assert ("is a program of Windows" if content[:2] == b"MZ" else "cannot be run") in why


def test_a_named_one_that_cannot_be_used_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody decided by hand: nothing else is taken in its place."""
    program(tmp_path / "path" / "pwsh")
    monkeypatch.setenv("PARTNER_OPERATOR_PWSH", str(tmp_path / "nowhere"))
    with pytest.raises(
        EngineError, match=r"PARTNER_OPERATOR_PWSH is .*not a program that can be run"
    ):
        choose_engine()
    old = program(tmp_path / "old", "7.2.0 Unix")
    monkeypatch.setenv("PARTNER_OPERATOR_PWSH", str(old))
    with pytest.raises(EngineError, match=r"which is PowerShell 7\.2\.0, which is too old"):
        choose_engine()


def test_the_engine_can_be_decided_by_hand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PARTNER_OPERATOR_ENGINE", Engine.POWERSHELL)
    with pytest.raises(PowerShellMissingError, match="Install it so that `pwsh` is on PATH"):
        choose_engine()
    program(tmp_path / "path" / "pwsh")
    assert choose_engine().pwsh is not None
    monkeypatch.setenv("PARTNER_OPERATOR_ENGINE", Engine.EMBEDDED)
    assert choose_engine().why_not == "PARTNER_OPERATOR_ENGINE asks for the embedded engine."
    monkeypatch.setenv("PARTNER_OPERATOR_ENGINE", "pwsh")
    with pytest.raises(EngineError, match="it can be powershell or embedded"):
        choose_engine()


@pytest.mark.pwsh
def test_the_real_one_answers_as_these_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    assert find_powershell().version.startswith("7.")


@pytest.fixture
def official(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Archive:
    """The lock names an archive on loopback that nobody serves yet; its pwsh is no program, as in the real one."""
    content = tarball({"pwsh": b"#!/bin/sh\necho '7.6.6 Unix'\n", "pwsh.dll": b"x"})
    digest = hashlib.sha256(content).hexdigest()
    archive = Archive("powershell", "7.6.6", "any", f"sha256:{digest}", "https://127.0.0.1:9/a")
    monkeypatch.setattr(powershells, "locked", lambda _name: archive)
    monkeypatch.setenv("NO_PROXY", "*")
    monkeypatch.setenv("PATH", f"{tmp_path / 'path'}:/usr/bin:/bin")  # for the start script
    (tmp_path / "content").write_bytes(content)
    return archive


def test_the_official_archive_is_fetched_only_when_asked_for_and_once(
    official: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Afterwards it is found without a network."""
    with serving(tmp_path / "pki", (tmp_path / "content").read_bytes()) as server:
        monkeypatch.setenv("SSL_CERT_FILE", str(server.authority))
        monkeypatch.setattr(powershells, "locked", lambda _name: replace(official, url=server.url))
        assert choose_engine().pwsh is None
        assert server.asked == []
        found = find_powershell(fetch=True)
        assert str(found) == "PowerShell 7.6.6 (fetched into the cache folder)"
        assert len(server.asked) == 1
    again = find_powershell(fetch=True)
    assert (again.path, again.origin) == (found.path, "cache folder")


def test_an_archive_with_another_digest_is_never_run(
    official: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trace = tmp_path / "it ran"
    evil = tarball({"pwsh": f"#!/bin/sh\ntouch '{trace}'\necho '7.6.6 Unix'\n".encode()})
    with serving(tmp_path / "pki", evil) as server:
        monkeypatch.setenv("SSL_CERT_FILE", str(server.authority))
        monkeypatch.setattr(powershells, "locked", lambda _name: replace(official, url=server.url))
        choice = choose_engine(fetch=True)
    assert choice.pwsh is None
    assert "is not the file that archives.txt names" in choice.why_not
    assert not trace.exists()
    assert not list((tmp_path / "cache").rglob("pwsh"))


def test_without_a_network_it_says_so_in_seconds(official: Archive) -> None:
    assert "was not to be had from 127.0.0.1: [Errno 111]" in choose_engine(fetch=True).why_not


def test_with_a_cache_that_cannot_be_written_to_the_embedded_engine_is_taken(
    official: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PARTNER_OPERATOR_CACHE", "/proc/nowhere")
    assert "Set PARTNER_OPERATOR_CACHE" in choose_engine(fetch=True).why_not


DOTNET = """#!/bin/sh
case "$1" in
  --list-sdks) echo "{sdk} [/usr/share/dotnet/sdk]" ;;
  tool) [ "$7" = --tool-path ] || [ "$6" = --tool-path ] || exit 2
        for last; do :; done
        mkdir -p "$last/.store/any" && : > "$last/.store/any/pwsh.dll" ;;
  */pwsh.dll) echo "7.6.9 Unix" ;;
  *) exit 3 ;;
esac
"""


def dotnet(folder: Path, sdk: str) -> None:
    """A stand-in with the three answers that are asked of it; no dotnet was at hand to hold it against."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "dotnet").write_text(DOTNET.format(sdk=sdk))
    (folder / "dotnet").chmod(0o755)


def test_a_dotnet_sdk_that_is_there_is_asked_before_the_archive(
    official: Archive, tmp_path: Path
) -> None:
    dotnet(tmp_path / "path", "10.0.112")
    found = find_powershell(fetch=True)
    assert found.version == "7.6.9"
    assert found.path == tmp_path / "cache/powershell/dotnet-tool-7.6.9/pwsh"


def test_an_older_sdk_is_not_tried(official: Archive, tmp_path: Path) -> None:
    dotnet(tmp_path / "path", "8.0.400")
    assert "dotnet has no SDK 10" in choose_engine(fetch=True).why_not
