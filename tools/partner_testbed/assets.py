"""Make a control plane of a kube-apiserver and an etcd that are there already.

Run as a program it keeps the contract of ``controlplane serve``: the same flags, one JSON line when
it is ready, the end with its standard input. Controllers come from the binary of tools/controlplane
when the cache folder has it. Without it only deleted namespaces are emptied; nothing then acts on
owner references, and aggregated roles stay empty.
"""

import argparse
import json
import os
import secrets
import select
import shutil
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import urllib3
from kubernetes import client, config
from kubernetes.dynamic.resource import ResourceList

from partner_testbed.crds import dynamic_client
from partner_testbed.kubeconfig import write_kubeconfig
from partner_testbed.pki import make_serving_pki
from partner_testbed.program import SOURCE, cached_binary

_READY_LIMIT = 600.0  # a program that has ended is noticed at once


def main() -> None:
    """Run until standard input ends or somebody sends SIGTERM."""
    parser = argparse.ArgumentParser(prog="partner_testbed.assets", description=__doc__)
    parser.add_argument("--assets", help="folder of kube-apiserver and etcd; PATH without it")
    parser.add_argument("--dir", type=Path, required=True)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--audit-log")
    parser.add_argument("--keep", action="store_true")
    parser.add_argument("flags", nargs="*", help="flags of kube-apiserver")
    args = parser.parse_args()
    folder: Path = args.dir.absolute()
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    programs: list[subprocess.Popen[bytes]] = []
    try:
        port = args.port or _free_port()
        kubeconfig, flags, token = _prepare(folder, port)
        if args.audit_log:
            flags += [f"--audit-policy-file={SOURCE / 'audit-policy.yaml'}"]
            flags += [f"--audit-log-path={Path(args.audit_log).absolute()}"]
        programs.append(_run(args.assets, "etcd", _etcd_flags(), folder))
        programs.append(_run(args.assets, "kube-apiserver", [*flags, *args.flags], folder))
        api = config.new_client_from_config(str(kubeconfig))  # type: ignore[no-untyped-call]
        version = _wait_ready(api, token, programs)
        controllers = cached_binary()
        if controllers:
            more = ["controllers", "--kubeconfig", str(kubeconfig), "--keep"]
            programs.append(_run(str(controllers.parent), controllers.name, more, folder))
        facts = {
            "kubeconfig": str(kubeconfig),
            "url": f"https://127.0.0.1:{port}",
            "port": port,
            "pid": os.getpid(),
            "version": version,
            "controllers": controllers is not None,
        }
        print(json.dumps(facts), flush=True)
        while all(program.poll() is None for program in programs):
            if not controllers:
                with suppress(client.ApiException, urllib3.exceptions.HTTPError):
                    _empty_deleted_namespaces(api)
            if args.keep:
                time.sleep(1)
            elif select.select([sys.stdin], [], [], 1.0)[0] and not os.read(0, 1024):
                return
        sys.exit("one of the programs of the control plane ended by itself")
    finally:
        for program in reversed(programs):  # the API server before etcd
            program.terminate()
            try:
                program.wait(10)
            except subprocess.TimeoutExpired:
                program.kill()


def _prepare(folder: Path, port: int) -> tuple[Path, list[str], str]:
    """Make keys, unless they are there, and the admin kubeconfig; say how to use them."""
    pki = folder / "pki"
    make_serving_pki(pki)
    tokens = pki / "tokens.csv"
    tokens.touch(mode=0o600)
    token = tokens.read_text().partition(",")[0] or secrets.token_urlsafe(32)
    tokens.write_text(f"{token},kubernetes-admin,kubernetes-admin,system:masters\n")
    cluster = {
        "server": f"https://127.0.0.1:{port}",
        "certificate-authority": str(pki / "ca.crt"),
    }
    kubeconfig = write_kubeconfig(folder / "admin.kubeconfig", cluster, {"token": token})
    account_key = pki / "serviceaccount.key"
    flags = [
        "--etcd-servers=unix://etcd.sock",
        "--bind-address=127.0.0.1",
        "--advertise-address=127.0.0.1",
        f"--secure-port={port}",
        f"--cert-dir={pki}",
        f"--tls-cert-file={pki / 'apiserver.crt'}",
        f"--tls-private-key-file={pki / 'apiserver.key'}",
        f"--token-auth-file={tokens}",
        "--anonymous-auth=false",
        "--authorization-mode=RBAC",
        "--endpoint-reconciler-type=none",
        "--service-cluster-ip-range=10.0.0.0/24",
        "--service-account-issuer=https://kubernetes.default.svc",
        f"--service-account-signing-key-file={account_key}",
        f"--service-account-key-file={account_key}",
        "--enable-priority-and-fairness=false",
    ]
    return kubeconfig, flags, token


def _etcd_flags() -> list[str]:
    """Put etcd on sockets in the folder, which no other user may enter."""
    peer = "unix://etcd-peer.sock"
    return [
        "--data-dir=etcd",
        "--listen-client-urls=unix://etcd.sock",
        "--advertise-client-urls=unix://etcd.sock",
        f"--listen-peer-urls={peer}",
        f"--initial-advertise-peer-urls={peer}",
        f"--initial-cluster=default={peer}",
        "--unsafe-no-fsync",
        "--log-level=error",
    ]


def _run(where: str | None, name: str, flags: list[str], folder: Path) -> subprocess.Popen[bytes]:
    path = shutil.which(name, path=where)
    if path is None:
        sys.exit(f"there is no {name} in {where or 'PATH'}")
    return subprocess.Popen(
        [os.path.abspath(path), *flags], cwd=folder, stdin=subprocess.DEVNULL, stdout=sys.stderr
    )


def _wait_ready(api: Any, token: str, programs: list[subprocess.Popen[bytes]]) -> str:
    """Wait for /readyz and return the server's version."""
    url, headers = api.configuration.host, {"authorization": f"Bearer {token}"}
    server = urllib3.PoolManager(ca_certs=api.configuration.ssl_ca_cert, retries=False)
    deadline = time.monotonic() + _READY_LIMIT
    while time.monotonic() < deadline and all(p.poll() is None for p in programs):
        try:
            if server.request("GET", f"{url}/readyz", headers=headers).status == 200:
                return str(client.VersionApi(api).get_code().git_version)
        except urllib3.exceptions.HTTPError:
            pass
        time.sleep(0.1)
    sys.exit("the API server did not become ready")


def _empty_deleted_namespaces(api: Any) -> None:
    """Do the namespace controller's work: delete what is in it, then let it go."""
    core: Any = client.CoreV1Api(api)
    deleted = [n for n in core.list_namespace().items if n.metadata.deletion_timestamp]
    if not deleted:
        return
    objects = dynamic_client(api)
    for namespace in deleted:
        name, left = namespace.metadata.name, 0
        for resource in objects.resources.search(namespaced=True):
            if not isinstance(resource, ResourceList) and {"delete", "list"} <= set(resource.verbs):
                for item in resource.get(namespace=name).items:
                    left += 1
                    resource.delete(name=item.metadata.name, namespace=name)
        if left == 0:
            namespace.spec.finalizers = []
            core.replace_namespace_finalize(name, namespace)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


if __name__ == "__main__":
    main()
