"""One realm with its users, and the processes that speak Kerberos in it: hosts, and the operator's client."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from partner_testbed.kdc import Kdc

REALM = "LITWAREINC.COM"
USER = f"exadmin@{REALM}"
ACCOUNT = "LITWAREINC\\exadmin"
PASSWORD = "Pä:ssw0rd! \u20ac"
SECOND_ACCOUNT = "LITWAREINC\\second"
SECOND_USER = f"second@{REALM}"
SECOND_PASSWORD = "An0ther-Secret"
SECRET = "hunter2-hunter2"
CAREFUL_USER = f"careful@{REALM}"
"""Locked after two mistakes."""
ACCOUNTS = {
    ACCOUNT: PASSWORD,
    SECOND_ACCOUNT: SECOND_PASSWORD,
    "LITWAREINC\\careful": PASSWORD,
}
VERDICTS = (
    "ISSUE",
    "PREAUTH_FAILED",
    "CLIENT_NOT_FOUND",
    "CLIENT LOCKED OUT",
    "LOCKED_OUT",
    "CLIENT EXPIRED",
    "CLIENT KEY EXPIRED",
)
_SECONDS = 200


@dataclass
class Realm:
    """A running KDC, and what processes need that live with it."""

    kdc: Kdc
    folder: Path

    @property
    def keytab(self) -> Path:
        """The keys of HTTP/localhost."""
        return self.folder / "http.keytab"

    def environment(self, **changes: str) -> dict[str, str]:
        """The environment of a process in this realm. Tickets that it might leave would be in the folder."""
        path = os.pathsep.join([str(self.kdc.packages), *filter(None, sys.path)])
        own = {"PYTHONPATH": path, "TMPDIR": str(self.folder / "tmp"), "HOME": str(self.folder)}
        own["KRB5CCNAME"] = f"FILE:{self.folder / 'tickets'}"
        own["KRB5RCACHENAME"] = f"file2:{self.folder / 'replays'}"
        return os.environ | self.kdc.environment() | own | changes

    def configured(self, name: str, **changes: str) -> Path:
        """A krb5.conf with settings of [libdefaults] added or changed."""
        lines = self.kdc.client_configuration.read_text("utf-8").splitlines()
        kept = [line for line in lines if line.split("=")[0].strip() not in changes]
        at = kept.index("[libdefaults]") + 1
        kept[at:at] = [f" {key} = {value}" for key, value in changes.items()]
        path = self.folder / name
        path.write_text("\n".join(kept) + "\n", encoding="utf-8")
        return path

    def asked_for(self, user: str) -> dict[str, int]:
        """How often the KDC was asked for a first ticket with a proof, by its verdict."""
        kdc, name = self.kdc, user.partition("@")[0]
        return {verdict: kdc.count("AS_REQ", verdict, name) for verdict in VERDICTS}


@contextmanager
def realm_in(folder: Path) -> Iterator[Realm]:
    """A realm with two users and one host."""
    (folder / "tmp").mkdir()
    kdc = Kdc(folder, REALM)
    with kdc:
        realm = Realm(kdc, folder)
        kdc.add_user("exadmin", PASSWORD)
        kdc.add_user("second", SECOND_PASSWORD)
        kdc.administer("addpol", "-maxfailure", "2", "strict")
        kdc.add_user("careful", PASSWORD, "-policy", "strict")
        kdc.add_service("HTTP/localhost", realm.keytab)
        yield realm


@contextmanager
def host_in(realm: Realm, **environment: str) -> Iterator[Host]:
    """A host of a test's own."""
    host = Host(realm, **environment)
    try:
        yield host
    finally:
        counters = host.tell("counters")
        host.close()
    assert (counters["shells"], counters["operations"]) == (0, 0)


class Host:
    """A WinRM host in a process of its own."""

    def __init__(self, realm: Realm, **environment: str) -> None:
        """Start it and wait until it listens."""
        self.realm = realm
        self._process = subprocess.Popen(
            [sys.executable, "-m", "support.kerberos.host"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=realm.environment(**environment),
        )
        said = self._ask({"keytab": str(realm.keytab), "accounts": ACCOUNTS})
        self.port: int = said["port"]
        self.http_port: int = said["http_port"]
        self.ca: str = said["ca"]

    def tell(self, order: str, argument: Any = None) -> Any:
        """Give an order (see kerberos_host) and return the answer."""
        return self._ask({order: argument})

    def close(self) -> None:
        """End it."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(30)
        self._process.stdout.close()

    def _ask(self, value: Any) -> Any:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(value) + "\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())


@dataclass(frozen=True, slots=True)
class Told:
    """What a client process came back with."""

    answers: list[list[dict[str, Any]]]
    logs: list[str]
    environment_unchanged: bool
    raw: str
    """All that it wrote, to be searched for secrets."""

    @property
    def only(self) -> dict[str, Any]:
        """The one answer of the one run."""
        [[answer]] = self.answers
        return answer


def asked(host: Host, user: str = USER, password: str = PASSWORD, **changes: Any) -> dict[str, Any]:
    """One run of a real script. `changes`: of the endpoint or the request; or `at` (its name), `times`, `one_pass`."""
    endpoint = {
        "host": changes.pop("at", "localhost"),
        "port": host.port,
        "authentication": "kerberos",
    }
    endpoint |= {"username": user, "password": password, "ca_pem": host.ca}
    request: dict[str, Any] = {"operation": "observe", "deadline_seconds": 150.0}
    request["script"] = "@{ Sum = $Request.A + 1; Length = $Secrets.Password.Length }"
    request |= {
        "parameters": {"A": 41},
        "secrets": {"Password": SECRET},
        "mutex_wait_seconds": 10.0,
    }
    how = {name: changes.pop(name, usual) for name, usual in (("times", 1), ("one_pass", False))}
    for name, value in changes.items():
        (endpoint if name in endpoint else request)[name] = value
    return {"endpoint": endpoint, "request": request, **how}


def run_client(
    realm: Realm, *runs: Mapping[str, Any], environment: Mapping[str, str] | None = None
) -> Told:
    """Do runs in one process, in parallel."""
    told = run_module(realm, "support.kerberos.client", {"runs": runs}, environment)
    raw = json.dumps(told, ensure_ascii=False)
    return Told(told["answers"], told["logs"], told["environment_unchanged"], raw)


def run_module(
    realm: Realm, name: str, job: Mapping[str, Any], environment: Mapping[str, str] | None = None
) -> Any:
    """Run a module that takes one JSON job and tells one JSON answer."""
    done = subprocess.run(
        [sys.executable, "-m", name],
        input=json.dumps(job),
        capture_output=True,
        text=True,
        check=False,
        timeout=_SECONDS,
        env=realm.environment(**(environment or {})),
    )
    assert (done.returncode, done.stderr) == (0, "")
    return json.loads(done.stdout)
