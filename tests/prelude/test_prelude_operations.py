"""Every operation of both products answers and does the same in 3.0, 4.0, 5.1 and PowerShell 7.

With documents fetched over https, the shipped script and iisreset: what warm processes cannot be
given one by one. One process runs all operations of a version.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from partner_operator.winrm import framing
from partner_operator.winrm.bootstrap import bootstrap_script
from partner_simulator.certificates import CertificateAuthority
from partner_simulator.powershell import WindowsPowerShell
from partner_simulator.powershell.assemblies import assemblies, cache_folder
from support.cultures.batch import INVARIANT, Task, run_batch
from support.cultures.cases import Case, exchange_cases, lync_cases
from support.cultures.farms import farm_cases
from support.oauth.samples import body, document
from support.prelude.rows import OLD
from support.pwsh import find_pwsh
from support.scripts.runs import Told, differences, run_all
from support.scripts.web import Page, serve

pytestmark = pytest.mark.pwsh


def passing_for(version: WindowsPowerShell, bootstrap: str) -> str:
    """The bootstrap behind the prelude."""
    core = assemblies(find_pwsh(), cache_folder(os.environ)).core
    return (
        f"$null = [Reflection.Assembly]::LoadFrom('{core}')\n"
        f"[PartnerSimulator.Prelude]::Apply($ExecutionContext, '{version}')\n{bootstrap}"
    )


@dataclass(frozen=True, slots=True)
class Bench:
    """All operations, and the environment of their server."""

    cases: list[Case]
    environment: dict[str, str]


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """All operations, asked for, with a site that serves a document."""
    folder = tmp_path_factory.mktemp("server")
    authority = CertificateAuthority()
    (folder / "trusted.pem").write_text(authority.pem)
    environment = {
        "SSL_CERT_FILE": str(folder / "trusted.pem"),
        "SSL_CERT_DIR": str(folder / "none"),
        "ExchangeInstallPath": f"{folder}/",
        "windir": str(folder),
        "COMPUTERNAME": f"PRELUDE-{folder.name}",
        "TZ": "Asia/Kolkata",
    }
    with serve(authority.issue_server(["partner.example"])) as site:
        site.pages["/metadata/json/1"] = Page(body(document(name="O'Neil <Lync> & Co")))
        urls = (site.url(), site.url("/missing"))
        yield Bench(
            [*exchange_cases(folder, urls), *lync_cases(urls), *farm_cases(urls)], environment
        )


@pytest.fixture(scope="module")
def plain(bench: Bench) -> dict[str, Told]:
    """The answers of PowerShell 7."""
    return run_all(bench.cases, bench.environment)


@pytest.mark.parametrize("version", OLD, ids=lambda version: version.name)
def test_every_operation_answers_as_in_powershell_7(
    bench: Bench, plain: dict[str, Told], version: WindowsPowerShell
) -> None:
    """Answers, calls, errors and what the operator makes of them."""
    text = passing_for(version, bootstrap_script())
    assert differences(run_all(bench.cases, bench.environment, bootstrap=text), plain) == {}


def test_the_prelude_was_there(bench: Bench) -> None:
    """A script that is careless of versions answers otherwise."""
    script = (
        '@{ value = (ConvertTo-Json -Compress "\'"); version = "$($PSVersionTable.PSVersion)" }'
    )
    task = Task("careless", "", framing.request_line(script, {}, {}, 5000))
    text = passing_for(WindowsPowerShell.V3_0, bootstrap_script())
    ended = run_batch([task], INVARIANT, bench.environment, text)["careless"]
    assert ended.answer.data == {"value": '"\\u0027"', "version": "3.0"}
    ended = run_batch([task], INVARIANT, bench.environment)["careless"]
    assert ended.answer.data["value"] == '"\'"'
