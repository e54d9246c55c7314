"""What must not be installed beside what is there, and what an operator says where its cluster lacks something."""

from __future__ import annotations

import json

import pytest
import yaml

from support.docs.pages import DOCS, commands
from support.kube.objects import ROOT
from support.release.pod import NAMESPACE, Pod
from support.release.reader import Reader
from support.waiting import comes_true

(INSTALL,) = commands(ROOT / "README.md", "With Helm")
SECOND = commands(DOCS / "install.md", "With Helm")[1]
UNINSTALL = commands(DOCS / "uninstall.md", "In order")[0]
UPGRADE = commands(DOCS / "upgrade.md", "With Helm")[0]
CHART = "charts/partner-operator"
LEASE = "partner-operator-lease"

pytestmark = pytest.mark.timeout(1800)  # the first test may build Helm


def releases(reader: Reader) -> set[tuple[str, str]]:
    """Name and namespace of each."""
    listed = json.loads(reader.types("helm list --all-namespaces --output json"))
    return {(one["name"], one["namespace"]) for one in listed}


def test_what_cannot_live_together_is_refused_with_a_sentence(reader: Reader) -> None:
    reader.types("kubectl apply -f crds/")
    told = reader.is_refused(INSTALL)
    assert "CustomResourceDefinition" in told
    assert "cannot be imported into the current release" in told
    reader.types(f"{INSTALL.rstrip()} --take-ownership")
    ours = {(NAMESPACE, NAMESPACE)}

    told = reader.is_refused(f"helm install second {CHART} --namespace {NAMESPACE}")
    assert f"Namespace {NAMESPACE} has a partner-operator already: release {NAMESPACE}." in told

    elsewhere = f"helm install second {CHART} --namespace other --create-namespace"
    whole = f"A partner-operator in namespace {NAMESPACE} serves the whole cluster."
    assert whole in reader.is_refused(elsewhere)
    assert whole in reader.is_refused(SECOND)
    assert releases(reader) == ours

    reader.types(UNINSTALL)
    reader.types(f"{INSTALL.rstrip()} --set scope=namespaced")
    told = reader.is_refused(elsewhere)
    assert f"belongs to a partner-operator of single namespaces in namespace {NAMESPACE}" in told
    reader.types(SECOND)
    assert releases(reader) == {*ours, (NAMESPACE, "other")}


def test_helm_takes_over_what_kustomize_made_when_it_is_told_to(reader: Reader) -> None:
    (block,) = commands(ROOT / "README.md", "With kustomize")
    reader.types(block)
    told = reader.is_refused(f"{INSTALL.rstrip()} --set crds.enabled=false")
    assert "cannot be imported into the current release" in told
    assert releases(reader) == set()
    told = reader.is_refused(
        f"helm install x {CHART} --namespace other --create-namespace --set crds.enabled=false"
    )
    assert f"A partner-operator in namespace {NAMESPACE} serves the whole cluster." in told
    reader.types(f"{INSTALL.rstrip()} --take-ownership")
    assert releases(reader) == {(NAMESPACE, NAMESPACE)}
    reader.types(UPGRADE)
    reader.types(UNINSTALL)
    assert reader.types("kubectl get crd -o name").count("partner-operator.io") == 2


def test_an_operator_that_may_have_no_lease_says_so(reader: Reader, pod: Pod) -> None:
    """At its start, and when the right goes while it works; with the right back it goes on."""
    reader.types(INSTALL)
    saved = f"kubectl --namespace {NAMESPACE} get rolebinding {LEASE} -o yaml > lease.yaml"
    removal = f"kubectl --namespace {NAMESPACE} delete rolebinding {LEASE}"
    reader.types(f"{saved}; {removal}")
    with pytest.raises(RuntimeError, match="ended at once"):
        pod.start()
    assert "cannot get resource" in pod.tail()
    assert f"Apply the Role and RoleBinding {LEASE} of manifests/" in pod.tail()

    back = "grep -v 'resourceVersion:\\|uid:' lease.yaml | kubectl apply -f -"
    reader.types(back)
    pod.start()
    pod.works()
    reader.types(removal)
    pod.says("was not renewed", times=2)
    assert "cannot update resource" in pod.tail()
    assert pod.running
    reader.types(back)
    renewed = (
        "kubectl --namespace partner-operator get lease -o jsonpath={.items[0].spec.renewTime}"
    )
    before = reader.types(renewed)
    assert comes_true(lambda: reader.types(renewed) != before)
    assert pod.running


def test_crds_that_are_too_old_are_named_and_the_chart_brings_them_up_to_date(
    reader: Reader, pod: Pod
) -> None:
    for plural in ("partnerservers", "partnerapplications"):
        path = reader.clone / "crds" / f"{plural}.yaml"
        crd = yaml.safe_load(path.read_text())
        schema = crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]
        del schema["status"]["properties"]["lastHandledReconcileAt"]
        path.write_text(yaml.safe_dump(crd))
    reader.types("kubectl apply -f crds/")
    reader.types(f"{INSTALL.rstrip()} --set crds.enabled=false")
    pod.start()
    reader.types("kubectl apply -f examples/")
    pod.says("The cluster's CRDs are older than this operator")
    assert "lastHandledReconcileAt" in pod.log.read_text()
    reader.types(f"{UPGRADE.rstrip()} --set crds.enabled=true --take-ownership")
    pod.says("the cluster's CRDs fit this operator now")


def test_without_an_operator_the_page_s_commands_let_objects_go_and_no_other(
    reader: Reader,
) -> None:
    """Only what is being deleted; then also the kinds, which wait for the last object."""
    reader.types("kubectl apply -f crds/")
    documents = list(yaml.safe_load_all((ROOT / "examples" / "litwareinc.yaml").read_text()))
    for document in documents:
        kind = "server" if document["kind"] == "PartnerServer" else "registration"
        document["metadata"]["finalizers"] = [f"partner-operator.io/{kind}"]
    (reader.clone / "held.yaml").write_text(yaml.safe_dump_all(documents))
    reader.types("kubectl create --validate=strict -f held.yaml")
    assert comes_true(lambda: reader.tries("kubectl get papp,pserver").returncode == 0)
    noting, letting_go = commands(DOCS / "uninstall.md", "The operator went first")
    reader.types("kubectl delete papp lync-on-exchange --wait=false")
    assert "lync-on-exchange" in reader.types(noting)
    reader.types(letting_go)
    left = reader.types("kubectl get papp,pserver -o name").split()
    assert sorted(one.partition("/")[2] for one in left) == ["exchange", "exchange-on-lync", "lync"]

    reader.types("kubectl delete -f crds/ --wait=false")
    reader.types("kubectl wait papp exchange-on-lync --for=jsonpath={.metadata.deletionTimestamp}")
    reader.types("kubectl wait pserver lync --for=jsonpath={.metadata.deletionTimestamp}")
    reader.types("kubectl wait pserver exchange --for=jsonpath={.metadata.deletionTimestamp}")
    reader.types(letting_go)
    reader.types("kubectl wait --for=delete --timeout=60s -f crds/")
