"""What `make release` hands out: these files, the digest of each, and nothing that is not committed."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from partner_release import wheel
from partner_release.facts import Facts
from partner_testbed.helm import find_helm

pytestmark = [pytest.mark.timeout(3600)]


def test_all_parts_are_there_with_their_digests(dist: Path, known: Facts) -> None:
    expected = {
        f"partner_operator-{known.version}-py3-none-any.whl",
        f"partner-operator-{known.version}-image.tar",
        f"partner-operator-{known.version}-image.cdx.json",
        f"partner-operator-{known.version}.tgz",
    }
    assert {path.name for path in dist.iterdir()} == expected | {"SHA256SUMS"}
    lines = [line.split("  ") for line in (dist / "SHA256SUMS").read_text().splitlines()]
    sums = {name: digest for digest, name in lines}
    assert sums == {
        name: hashlib.sha256((dist / name).read_bytes()).hexdigest() for name in expected
    }


def test_the_chart_is_one_of_this_version(dist: Path, known: Facts) -> None:
    [chart] = dist.glob("*.tgz")
    command = [str(find_helm(print)), "show", "chart", str(chart)]
    shown = yaml.safe_load(subprocess.run(command, capture_output=True, check=True).stdout)
    assert (shown["version"], shown["appVersion"]) == (known.version, known.version)


def test_what_is_not_committed_is_not_released(tmp_path: Path) -> None:
    checkout = tmp_path / "checkout"
    wheel.copy(checkout)
    who = ["-c", "user.name=a", "-c", "user.email=a@b", "-c", "commit.gpgsign=false"]
    for command in (["init", "-q"], ["add", "."], [*who, "commit", "-qm", "all"]):
        subprocess.run(["git", *command], cwd=checkout, check=True, timeout=60)
    (checkout / "README.md").write_text("other")
    done = subprocess.run(
        [sys.executable, "-m", "partner_release", "release"],
        cwd=checkout,
        env={"PYTHONPATH": "tools", "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.startswith("What is not committed goes into no release")
    assert not (checkout / "dist").exists()
