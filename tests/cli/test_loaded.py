"""What a command loads: a question that needs no room loads none."""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from pathlib import Path

from partner_operator import __version__

ROOT = Path(__file__).parents[2]
HEAVY = frozenset(
    {"aiohttp", "asyncio", "cryptography", "jinja2", "kopf", "kubernetes", "prometheus_client"}
    | {"pydantic", "requests", "rich", "spnego", "ssl", "urllib3", "winrm", "yaml"}
)
MOST_KILOBYTES = 30 * 1024
_ASK = """
import json, sys
from importlib import import_module
module, _, function = sys.argv[1].partition(":")
sys.argv[1:] = ["--version"]
try:
    getattr(import_module(module), function)()
except SystemExit as ended:
    assert not ended.code, ended.code
[peak] = [line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM:")]
print(json.dumps({"modules": sorted(sys.modules), "peak": int(peak)}))
"""


def test_the_version_is_told_before_any_library_is_loaded() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    script = project["scripts"]["partner-operator"]
    asked = [sys.executable, "-c", _ASK, script]
    told = subprocess.run(asked, capture_output=True, text=True, check=True).stdout.splitlines()
    found = json.loads(told[1])
    assert told[0].endswith(__version__)
    assert "partner_operator" in found["modules"]
    assert HEAVY.isdisjoint(found["modules"])
    assert found["peak"] < MOST_KILOBYTES
