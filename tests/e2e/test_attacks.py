"""Attacks by people who have some right in the namespace and want a larger one. Counted at the far side.

Each is shown to be one: with the word of whoever owns the right, the same thing happens.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
from kubernetes import client, config

from partner_demo.stage import Stage
from partner_demo.story import EXCHANGE_OBJECT
from partner_simulator.certificates import CertificateAuthority
from partner_simulator.simulation import Simulation
from partner_simulator.web.server import Request, Response, Site
from partner_simulator.wsman import WsmanServer
from partner_simulator.wsman.counters import Counters, Tally
from support.wsman.echo_engine import EchoDirectory, EchoEngine

EVIL_PARTNER = "lync.evil.example"
EVIL_HOST = "ex1.evil.example"
NAME = "innocent"


@contextmanager
def evil_partner(simulation: Simulation) -> Iterator[list[str]]:
    """A Lync of the attacker's, with a key of his own and a TLS certificate that is trusted; who asked it."""
    asked: list[str] = []
    domain = simulation.domain
    key = CertificateAuthority("EVIL-CA").issue_signing("evil")

    def answer(request: Request) -> Response:
        asked.append(request.path)
        front_end = simulation.front_ends()[0]
        document = domain.lync_document(front_end, f"https://{EVIL_PARTNER}{request.path}")
        assert document is not None
        document = replace(document, realm="evil.example", keys=(key,))
        return Response(200, domain.document_bytes(document), "application/json; charset=utf-8")

    site = Site(EVIL_PARTNER, domain.authority.issue_server([EVIL_PARTNER]), answer)
    site.start()
    domain.network.register(EVIL_PARTNER, 443, *site.address)
    try:
        yield asked
    finally:
        site.stop()


@contextmanager
def evil_host(stage: Stage) -> Iterator[tuple[str, Counters]]:
    """A machine of the attacker's that speaks WinRM: its CA as PEM, and what it counts."""
    authority, counters = CertificateAuthority("EVIL-CA"), Counters()
    host = WsmanServer(
        EVIL_HOST,
        EchoEngine(),
        EchoDirectory({}),
        authority.issue_server([EVIL_HOST]),
        counters=counters,
    ).start()
    names = stage.folder / "names.json"
    known = json.loads(names.read_text())
    where = {str(port): [host.address, host.port] for port in (443, 5986)}
    names.write_text(json.dumps({**known, EVIL_HOST: where}))
    try:
        yield authority.pem, counters
    finally:
        host.stop()


def declare(stage: Stage) -> None:
    """What the owner of both servers declared, and a running operator."""
    exchange, lync = stage.simulation.credentials()
    stage.secret("exchange-admin", *exchange)
    stage.secret("lync-admin", *lync)
    stage.apply_text(stage.examples())
    stage.operator.start()
    stage.wait_ready(EXCHANGE_OBJECT)


def creator(stage: Stage) -> Any:
    """The API of a ServiceAccount that may create PartnerApplications, and nothing else."""
    rule = {
        "apiGroups": ["partner-operator.io"],
        "resources": ["partnerapplications"],
        "verbs": ["create"],
    }
    reference = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "creator"}
    group = "rbac.authorization.k8s.io/v1"
    for document in (
        {"apiVersion": "v1", "kind": "ServiceAccount"},
        {"apiVersion": group, "kind": "Role", "rules": [rule]},
        {
            "apiVersion": group,
            "kind": "RoleBinding",
            "roleRef": reference,
            "subjects": [{"kind": "ServiceAccount", "name": "creator"}],
        },
    ):
        stage.apply_text(json.dumps({**document, "metadata": {"name": "creator"}}))
    kubeconfig = stage.plane.service_account_kubeconfig(
        stage.namespace, "creator", stage.folder / "creator.kubeconfig"
    )
    api = config.new_client_from_config(str(kubeconfig))  # type: ignore[no-untyped-call]
    return client.CustomObjectsApi(api)


def create(stage: Stage, objects: Any, name: str, partner: dict[str, str]) -> None:
    """As the ServiceAccount."""
    body = {
        "apiVersion": "partner-operator.io/v1alpha1",
        "kind": "PartnerApplication",
        "metadata": {"name": name},
        "spec": {"serverRef": {"name": "exchange"}, "partner": partner, "identity": "Lync2"},
    }
    objects.create_namespaced_custom_object(
        "partner-operator.io", "v1alpha1", stage.namespace, "partnerapplications", body
    )


def says(stage: Stage, kind: str, name: str, reason: str) -> str:
    """Wait until an object is Stalled for this reason; the sentence."""
    stage.wait_for(
        f"{kind} {name} is Stalled with {reason}",
        lambda: stage.condition(kind, name, "Stalled").get("reason") == reason,
    )
    return str(stage.condition(kind, name, "Stalled")["message"])


def registered(stage: Stage) -> set[str | None]:
    """URLs of the partners that Exchange trusts."""
    entries = stage.simulation.exchange_entries()
    return {entry.auth_metadata_url for entry in entries if not entry.use_auth_server}


def test_who_may_only_create_applications_makes_no_server_trust_his_own(stage: Stage) -> None:
    with evil_partner(stage.simulation) as asked:
        declare(stage)
        before, objects = registered(stage), creator(stage)
        url = f"https://{EVIL_PARTNER}/metadata/json/1"
        partner = {"product": "Lync", "authMetadataUrl": url}
        create(stage, objects, NAME, partner)
        message = says(stage, "papp", NAME, "PartnerNotAllowed")
        assert f"names no host {EVIL_PARTNER}" in message
        with pytest.raises(client.ApiException, match="Forbidden"):
            objects.patch_namespaced_custom_object(
                "partner-operator.io",
                "v1alpha1",
                stage.namespace,
                "partnerservers",
                "exchange",
                {"spec": {"allowedPartners": [{"host": EVIL_PARTNER}]}},
            )
        assert asked == []
        assert registered(stage) == before
        allow(stage, {"host": "*.evil.example"})
        stage.wait_for("the owner allowed it", lambda: len(registered(stage)) == len(before) + 1)
        assert asked != []
        # Withdrawn again: told, and left as it is, until the object is deleted.
        allow(stage)
        assert "To revoke the trust, delete" in says(stage, "papp", NAME, "PartnerNotAllowed")
        assert len(registered(stage)) == len(before) + 1
        asked.clear()
        stage.delete(NAME)
        assert registered(stage) == before
        assert asked == []


def allow(stage: Stage, *patterns: dict[str, str]) -> None:
    """The owner's word."""
    patch = json.dumps({"spec": {"allowedPartners": list(patterns)}})
    stage.kubectl("patch", "pserver", "exchange", "--type=merge", "-p", patch)


def evil_server(stage: Stage, authority: str, authentication: str, port: int = 5986) -> str:
    """A PartnerServer that names a machine of the attacker's, a CA of his, and another team's Secret."""
    metadata = {"name": "evil-ca", "namespace": stage.namespace}
    documents: list[dict[str, Any]] = [
        {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": metadata,
            "data": {"ca.crt": authority},
        },
        {
            "apiVersion": "partner-operator.io/v1alpha1",
            "kind": "PartnerServer",
            "metadata": {"name": f"evil-{authentication.lower()}-{port}"},
            "spec": {
                "product": "Lync",
                "authMetadataUrl": f"https://{EVIL_HOST}/metadata/json/1",
                "hosts": [EVIL_HOST],
                "credentialsSecretRef": {"name": "lync-admin"},
                "winrm": {
                    "port": port,
                    "authentication": authentication,
                    "caBundle": {"configMapKeyRef": {"name": "evil-ca"}},
                },
            },
        },
    ]
    for document in documents:
        stage.apply_text(json.dumps(document))
    name: str = documents[1]["metadata"]["name"]
    return name


@pytest.mark.parametrize("authentication", ["NTLM", "CredSSP"])
def test_who_may_write_servers_brings_no_password_to_a_machine_of_his_own(
    stage: Stage, authentication: str
) -> None:
    with evil_host(stage) as (authority, counters):
        declare(stage)
        name = evil_server(stage, authority, authentication)
        message = says(stage, "pserver", name, "HostNotAllowed")
        assert f"The key hosts of Secret lync-admin does not name {EVIL_HOST}" in message
        other = evil_server(stage, authority, authentication, port=443)
        assert "--allowed-ports" in says(stage, "pserver", other, "HostNotAllowed")
        assert counters.count(Tally.CONNECTIONS, EVIL_HOST) == 0
        # Only the owner of the Secret can let it out.
        user, password = stage.simulation.credentials()[1]
        stage.secret("lync-admin", user, password, hosts=f"*.litwareinc.com\n{EVIL_HOST}")
        token = "partner-operator.io/reconcile-requested-at=again"
        stage.kubectl("annotate", "pserver", name, token, "--overwrite")
        stage.wait_for(
            "a logon came", lambda: counters.count(Tally.LOGONS_REJECTED, EVIL_HOST) == 1
        )


def test_no_other_secret_of_the_namespace_is_a_logon(stage: Stage) -> None:
    """It has all the keys, and its owner never said that it is one."""
    with evil_host(stage) as (authority, counters):
        document = {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": "lync-admin"},
            "stringData": {"username": "db", "password": "of the database", "hosts": EVIL_HOST},
        }
        stage.apply_text(json.dumps(document))
        stage.operator.start()
        name = evil_server(stage, authority, "NTLM")
        message = says(stage, "pserver", name, "CredentialsInvalid")
        assert "--type=partner-operator.io/logon" in message
        assert counters.count(Tally.CONNECTIONS, EVIL_HOST) == 0


def test_the_bounds_of_the_operator_hold_whatever_a_secret_says(
    make_stage: Callable[..., Stage],
) -> None:
    stage = make_stage(operator_arguments=("--allowed-hosts", "*.litwareinc.com,*.contoso.com"))
    with evil_host(stage) as (authority, counters):
        user, password = stage.simulation.credentials()[1]
        stage.secret("lync-admin", user, password, hosts=EVIL_HOST)
        stage.operator.start()
        name = evil_server(stage, authority, "CredSSP")
        assert "--allowed-hosts" in says(stage, "pserver", name, "HostNotAllowed")
        assert counters.count(Tally.CONNECTIONS, EVIL_HOST) == 0
