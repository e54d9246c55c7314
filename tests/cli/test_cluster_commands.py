"""Commands for people against a real API server: what they read, what they write, and what they say instead."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result
from kubernetes import client

from partner_operator.cli.main import partner_operator
from partner_operator.kube import client as kube_client
from partner_testbed import ControlPlane
from partner_testbed.kubeconfig import read_kubeconfig, write_kubeconfig
from support.kube.cluster import Cluster
from support.kube.objects import LYNC_ON_EXCHANGE_SPEC, READY, application, server

pytestmark = pytest.mark.controlplane

Cli = Callable[..., Result]
NAME = "lync-on-exchange"
READING = (["plan"], ["plan", NAME], ["export", "exchange"])
WRITING = (
    ["reconcile", NAME],
    ["suspend", NAME],
    ["resume", NAME, "--mode", "Enforce"],
    ["approve-restart", "exchange", "--yes"],
    ["release", NAME, "--yes"],
)


def ready(
    reason: str = "Succeeded", message: str = "As declared.", **changes: Any
) -> dict[str, Any]:
    return {**READY, "reason": reason, "message": message, **changes}


@pytest.fixture
def declared(cluster: Cluster) -> Cluster:
    """A server and an application, both looked at."""
    for body in (server("exchange"), application(NAME, LYNC_ON_EXCHANGE_SPEC)):
        cluster.create(body)
        conditions = [ready(), {**ready(), "type": "Registered", "reason": "Registered"}]
        told = {"observedGeneration": 1, "conditions": conditions}
        cluster.patch(body["kind"], body["metadata"]["name"], {"status": told}, status=True)
    return cluster


def notes(cluster: Cluster, kind: str, name: str) -> dict[str, str]:
    return cluster.get(kind, name)["metadata"].get("annotations") or {}


def words(result: Result) -> str:
    """All that was said, whatever became of it."""
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    assert "Traceback" not in result.output
    return result.output


def test_a_plan_of_what_is_as_declared(declared: Cluster, cli: Cli) -> None:
    result = cli("plan")
    assert (result.exit_code, words(result)) == (
        0,
        "0 would change, 2 would not, 0 not known; 2 in all.\n",
    )
    assert "\x1b" not in result.output
    whole = yaml.safe_load(cli("plan", "-o", "yaml").output)
    assert whole == yaml.safe_load(cli("plan", "-o", "json").output)
    assert {each["outlook"] for each in whole["items"]} == {"Nothing"}


def test_a_plan_of_one_object_and_of_all_namespaces(declared: Cluster, cli: Cli) -> None:
    assert words(cli("plan", NAME)).endswith("2 in all.\n")
    assert words(cli("plan", "exchange")).endswith("2 in all.\n")
    everywhere = yaml.safe_load(words(cli("plan", "-A", "-o", "json")))
    assert declared.namespace in {each["namespace"] for each in everywhere["items"]}
    assert cli("plan", NAME, "-A").exit_code == 2


def test_the_namespace_is_the_context_s_own(
    plane: ControlPlane,
    declared: Cluster,
    cli: Cli,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    cluster, user, _ = read_kubeconfig(plane.kubeconfig)
    path = write_kubeconfig(tmp_path / "config", cluster, user, declared.namespace)
    home = tmp_path / "home" / ".kube"
    home.mkdir(parents=True)
    write_kubeconfig(home / "config", cluster, user, declared.namespace)
    for variable, home_folder, scope in (
        (None, tmp_path, ["--kubeconfig", str(path)]),
        (str(path), tmp_path, []),
        (str(path), tmp_path, ["--context", "partner-testbed"]),
        (None, tmp_path / "home", []),
    ):
        monkeypatch.delenv("KUBECONFIG", raising=False)
        if variable is not None:
            monkeypatch.setenv("KUBECONFIG", variable)
        monkeypatch.setenv("HOME", str(home_folder))
        result = CliRunner().invoke(partner_operator, ["plan", *scope])
        assert words(result).endswith("2 in all.\n"), (variable, scope)
    monkeypatch.delenv("KUBECONFIG", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    result = CliRunner().invoke(partner_operator, ["plan"])
    assert words(result).startswith("partner-operator: There is no kubeconfig")
    result = cli("plan", "--kubeconfig", str(path), "--context", "elsewhere")
    assert result.exit_code == 1
    assert words(result) == (
        f"partner-operator: --kubeconfig {path} leads to no cluster: it has no context elsewhere\n"
    )


@pytest.mark.parametrize("scope", [["status"], ["plan"]])
def test_a_namespace_where_nothing_is_declared_is_named(
    cluster: Cluster, cli: Cli, scope: list[str]
) -> None:
    """It may be the wrong one. What is for programs stays as it is."""
    said = (
        f"Nothing is declared in namespace {cluster.namespace}; -n names another, -A means all.\n"
    )
    result = cli(*scope)
    assert (result.exit_code, result.stderr) == (0, said)
    assert not yaml.safe_load(cli(*scope, "-o", "yaml").stdout).get("items")


def test_a_name_may_stand_with_its_kind_wherever_names_stand(declared: Cluster, cli: Cli) -> None:
    for kind in ("pserver", "partnerserver", "PartnerServers", "partnerserver.partner-operator.io"):
        for command in ("status", "plan", "reconcile", "approve-restart", "export"):
            said = words(cli(command, f"{kind}/exchange"))
            assert "names no object" not in said
            assert "does not exist" not in said
            assert "CRDs" not in said
    assert words(cli("export", "papp/exchange")) == (
        "partner-operator: papp/exchange is no PartnerServer.\n"
    )
    for command in ("status", "plan", "export", "approve-restart"):
        assert words(cli(command, "pod/exchange")) == (
            "partner-operator: pod/exchange names no object: write papp/exchange or pserver/exchange.\n"
        )


def test_a_kubeconfig_that_is_not_there(cluster: Cluster, cli: Cli, tmp_path: Path) -> None:
    for arguments in (*READING, *WRITING):
        result = cli(*arguments, "--kubeconfig", str(tmp_path / "none"))
        assert result.exit_code == 1
        assert words(result) == (
            f"partner-operator: --kubeconfig {tmp_path / 'none'} leads to no cluster: there is no such file\n"
        )


def test_kinds_that_the_cluster_does_not_know(
    cluster: Cluster, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The API server's own answer for a kind without a CRD."""
    monkeypatch.setattr(kube_client, "API_VERSION", "partner-operator.io/v1alpha9")
    for arguments in (*READING, *WRITING):
        result = cli(*arguments)
        assert result.exit_code == 1
        assert "does not know the operator's kinds" in words(result)
        assert "kubectl apply -f crds/" in result.output


@pytest.fixture
def nobody(plane: ControlPlane, declared: Cluster, tmp_path: Path) -> Path:
    """The kubeconfig of somebody who may do nothing."""
    declared.core.create_namespaced_service_account(
        declared.namespace, {"metadata": {"name": "nobody"}}
    )
    return plane.service_account_kubeconfig(declared.namespace, "nobody", tmp_path / "nobody")


def test_a_missing_right_is_named(declared: Cluster, cli: Cli, nobody: Path) -> None:
    for arguments in (*READING, *WRITING):
        result = cli(*arguments, "--kubeconfig", str(nobody))
        assert result.exit_code == 1
        assert "partner-operator-view" in words(result)
        assert "cannot" in result.output, "the API server's own sentence"
    result = cli("plan", "-A", "--kubeconfig", str(nobody))
    assert "Name one that you may read with -n" in words(result)


def test_who_may_only_read_is_told_who_writes(
    api: Any, declared: Cluster, cli: Cli, nobody: Path
) -> None:
    """Nothing is half done."""
    rbac: Any = client.RbacAuthorizationV1Api(api)
    rules = [
        {
            "apiGroups": ["partner-operator.io"],
            "resources": ["partnerservers", "partnerapplications"],
            "verbs": ["get", "list", "watch"],
        }
    ]
    rbac.create_namespaced_role(declared.namespace, {"metadata": {"name": "reads"}, "rules": rules})
    rbac.create_namespaced_role_binding(
        declared.namespace,
        {
            "metadata": {"name": "reads"},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "reads"},
            "subjects": [
                {"kind": "ServiceAccount", "name": "nobody", "namespace": declared.namespace}
            ],
        },
    )
    asks(declared)
    before = [declared.get("PartnerServer", "exchange"), declared.get("PartnerApplication", NAME)]
    assert cli("plan", "--kubeconfig", str(nobody)).exit_code in {0, 2}
    for arguments in (WRITING[0], WRITING[1], WRITING[3], WRITING[4]):
        result = cli(*arguments, "--kubeconfig", str(nobody))
        assert result.exit_code == 1, arguments
        assert "partner-operator-edit" in words(result)
    after = [declared.get("PartnerServer", "exchange"), declared.get("PartnerApplication", NAME)]
    assert after == before


def test_a_name_that_is_nobody_s(declared: Cluster, cli: Cli) -> None:
    for arguments in (["plan", "nobody"], ["reconcile", "nobody"], ["suspend", "papp/nobody"]):
        result = cli(*arguments)
        assert result.exit_code == 1
        assert "nobody" in words(result)
        assert f"in namespace {declared.namespace}" in result.output
    assert "papp/x" in words(cli("plan", "secret/x"))


def test_one_name_of_both_kinds(declared: Cluster, cli: Cli) -> None:
    declared.create(application("exchange", {**LYNC_ON_EXCHANGE_SPEC, "identity": "x"}))
    assert "papp/exchange or pserver/exchange" in words(cli("reconcile", "exchange"))
    assert cli("reconcile", "papp/exchange").exit_code == 0
    assert notes(declared, "PartnerServer", "exchange") == {}


def test_a_pass_is_asked_for(declared: Cluster, cli: Cli) -> None:
    key = "partner-operator.io/reconcile-requested-at"
    assert cli("reconcile", NAME, "exchange").exit_code == 0
    first = notes(declared, "PartnerApplication", NAME)[key]
    assert notes(declared, "PartnerServer", "exchange")[key]
    assert cli("reconcile", NAME).exit_code == 0
    assert notes(declared, "PartnerApplication", NAME)[key] != first
    [managed] = [
        each
        for each in declared.get("PartnerApplication", NAME)["metadata"]["managedFields"]
        if each["manager"] == "partner-operator-cli"
    ]
    assert list(managed["fieldsV1"]) == ["f:metadata"]


def test_a_word_that_would_answer_a_question_shows_it_first(declared: Cluster, cli: Cli) -> None:
    """On a server it may confirm that many entries are removed, or that this is another organisation."""
    question = "6 are deleted at once. To confirm, set partner-operator.io/reconcile-requested-at on PartnerServer."
    told = {"conditions": [ready("DeletionBlocked", question, status="False")]}
    declared.patch("PartnerApplication", NAME, {"status": told}, status=True)
    result = cli("reconcile", "exchange")
    assert result.exit_code == 1
    assert question in words(result)
    assert "Say --yes" in result.output
    assert cli("reconcile", "exchange", answer="n\n").exit_code == 1
    assert notes(declared, "PartnerServer", "exchange") == {}
    assert cli("reconcile", "exchange", answer="y\n").exit_code == 0
    assert notes(declared, "PartnerServer", "exchange")


def test_suspend_and_resume_give_back_the_mode_of_before(declared: Cluster, cli: Cli) -> None:
    for mode in ("Observe", "Enforce"):
        declared.patch("PartnerApplication", NAME, {"spec": {"mode": mode}})
        assert cli("suspend", "exchange").exit_code == 0
        assert declared.get("PartnerApplication", NAME)["spec"]["mode"] == "Suspend"
        assert "rests already" in words(cli("suspend", NAME))
        assert cli("resume", NAME).exit_code == 0
        assert declared.get("PartnerApplication", NAME)["spec"]["mode"] == mode
        assert notes(declared, "PartnerApplication", NAME) == {}
    assert "does not rest" in words(cli("resume", NAME))


def test_what_is_being_deleted_is_not_suspended(declared: Cluster, cli: Cli) -> None:
    """Its entry would then stay on the server."""
    finalizer = {"metadata": {"finalizers": ["partner-operator.io/registration"]}}
    declared.patch("PartnerApplication", NAME, finalizer)
    declared.delete("PartnerApplication", NAME)
    assert f"partner-operator release {NAME}" in words(cli("suspend", "exchange"))
    assert declared.get("PartnerApplication", NAME)["spec"]["mode"] == "Enforce"


def test_enforce_is_never_guessed(declared: Cluster, cli: Cli) -> None:
    declared.patch("PartnerApplication", NAME, {"spec": {"mode": "Suspend"}})
    result = cli("resume", NAME)
    assert result.exit_code == 1
    assert "--mode" in words(result)
    assert declared.get("PartnerApplication", NAME)["spec"]["mode"] == "Suspend"
    assert cli("resume", NAME, "--mode", "Observe").exit_code == 0
    assert declared.get("PartnerApplication", NAME)["spec"]["mode"] == "Observe"


@pytest.mark.parametrize(
    ("meta", "manager", "sentence"),
    [
        (
            {
                "labels": {
                    "kustomize.toolkit.fluxcd.io/name": "trusts",
                    "kustomize.toolkit.fluxcd.io/namespace": "flux-system",
                }
            },
            "kustomize-controller",
            "flux suspend kustomization trusts -n flux-system",
        ),
        ({}, "kustomize-controller", "Flux applies this object"),
        (
            {
                "annotations": {
                    "argocd.argoproj.io/tracking-id": "mail:partner-operator.io/PartnerApplication:a/b"
                }
            },
            "kubectl",
            "Argo CD's Application mail",
        ),
        (
            {"labels": {"app.kubernetes.io/instance": "mail"}},
            "argocd-controller",
            "Argo CD's Application mail",
        ),
        ({"labels": {"app.kubernetes.io/instance": "mail"}}, "helm", ""),
    ],
)
def test_who_puts_it_back_is_said(
    cluster: Cluster, cli: Cli, meta: dict[str, Any], manager: str, sentence: str
) -> None:
    cluster.apply(application(NAME, LYNC_ON_EXCHANGE_SPEC, **meta), manager)
    for command in ("suspend", "resume"):
        result = cli(command, NAME)
        assert result.exit_code == 0
        assert sentence in words(result)
        assert ("Git" in result.output) is bool(sentence)


def asks(cluster: Cluster) -> None:
    """The operator waits for an approval."""
    question = {
        "reason": "RestartApprovalNeeded",
        "since": "2026-11-25T09:00:00Z",
        "hosts": ["ex1.litwareinc.com"],
    }
    told = {
        "conditions": [ready("RestartApprovalNeeded", "IIS on ex1 is old.", status="Unknown")],
        "iis": {"question": question},
    }
    cluster.patch("PartnerServer", "exchange", {"status": told}, status=True)


def test_a_restart_is_approved_by_somebody_who_saw_which(declared: Cluster, cli: Cli) -> None:
    result = cli("approve-restart", "exchange", "--yes")
    assert result.exit_code == 1
    assert "No restart on PartnerServer exchange waits" in words(result)
    asks(declared)
    assert cli("plan").exit_code == 2
    assert cli("plan", NAME).exit_code == 2
    refused = cli("approve-restart", "exchange", answer="n\n")
    assert "ex1.litwareinc.com" in words(refused)
    assert notes(declared, "PartnerServer", "exchange") == {}
    assert cli("approve-restart", "exchange", answer="y\n").exit_code == 0
    assert list(notes(declared, "PartnerServer", "exchange")) == [
        "partner-operator.io/approve-restart"
    ]


@pytest.mark.parametrize("leaving", [False, True])
def test_what_is_released_goes_and_its_uid_is_the_word(
    declared: Cluster, cli: Cli, leaving: bool
) -> None:
    finalizer = {"metadata": {"finalizers": ["partner-operator.io/registration"]}}
    uid = declared.patch("PartnerApplication", NAME, finalizer)["metadata"]["uid"]
    if leaving:
        declared.delete("PartnerApplication", NAME)
    assert cli("release", NAME, answer="n\n").exit_code == 1
    assert notes(declared, "PartnerApplication", NAME) == {}
    result = cli("release", NAME, "--yes")
    assert result.exit_code == 0, words(result)
    there = declared.get("PartnerApplication", NAME)
    assert there["metadata"]["annotations"] == {"partner-operator.io/release": uid}
    assert "deletionTimestamp" in there["metadata"]


def test_no_command_writes_a_status_or_more_than_it_says(declared: Cluster, cli: Cli) -> None:
    asks(declared)
    for arguments in (*READING, *WRITING[:4]):
        cli(*arguments)
    written: dict[str, Any] = {}
    for kind, name in (("PartnerServer", "exchange"), ("PartnerApplication", NAME)):
        for each in declared.get(kind, name)["metadata"]["managedFields"]:
            if each["manager"] == "partner-operator-cli":
                assert "subresource" not in each
                written[kind] = each["fieldsV1"]
    prefix = "f:partner-operator.io"
    assert written == {
        "PartnerServer": {
            "f:metadata": {"f:annotations": {".": {}, f"{prefix}/approve-restart": {}}}
        },
        "PartnerApplication": {
            "f:metadata": {"f:annotations": {f"{prefix}/reconcile-requested-at": {}, ".": {}}},
            "f:spec": {"f:mode": {}},
        },
    }
