"""Bad input: a clear refusal or a condition with reason and next step; servers untouched, the rest goes on."""

from __future__ import annotations

from partner_demo.stage import Stage
from partner_demo.story import EXCHANGE_OBJECT, LYNC_OBJECT
from partner_simulator.web.faults import DocumentFault

LYNC_SITE = "atl-cs-001.litwareinc.com"


def declare(stage: Stage, *, exchange_password: str | None = None) -> None:
    """Secrets, examples, and a running operator."""
    (exchange, password), lync = stage.simulation.credentials()
    stage.secret("exchange-admin", exchange, exchange_password or password)
    stage.secret("lync-admin", *lync)
    stage.apply_text(stage.examples())
    stage.operator.start()


def wait_reason(stage: Stage, kind: str, name: str, condition: str, reason: str) -> str:
    """Wait until a condition has this reason; its message."""
    stage.wait_for(
        f"{kind} {name} says {reason}",
        lambda: stage.condition(kind, name, condition).get("reason") == reason,
        90,
    )
    message = stage.condition(kind, name, condition)["message"]
    assert isinstance(message, str)
    return message


def test_bad_documents_are_told_apart_and_change_nothing(stage: Stage) -> None:
    """One stage, one fault after the other; the last heals and the trust comes about."""
    expected = {
        DocumentFault.HTML: "MetadataInvalid",
        DocumentFault.TRUNCATED: "MetadataInvalid",
        DocumentFault.EXPIRED_CERTIFICATE: "CertificateExpired",
        DocumentFault.WEAK_CERTIFICATE: "CertificateWeak",
        DocumentFault.OTHER_PRODUCT: "MetadataWrongProduct",
        DocumentFault.STATUS_500: "MetadataUnreachable",
        DocumentFault.WRONG_TLS_NAME: "MetadataUnreachable",
        DocumentFault.UNREACHABLE: "MetadataUnreachable",
    }
    faults = iter(expected.items())
    fault, reason = next(faults)
    stage.simulation.spoil_document(LYNC_SITE, fault)
    declare(stage)
    wait_reason(stage, "papp", EXCHANGE_OBJECT, "MetadataValid", reason)
    for number, (fault, reason) in enumerate(faults):
        stage.simulation.spoil_document(LYNC_SITE, fault)
        token = f"partner-operator.io/reconcile-requested-at=fault-{number}"
        stage.kubectl("annotate", "pserver", "exchange", token, "--overwrite")
        wait_reason(stage, "papp", EXCHANGE_OBJECT, "MetadataValid", reason)
        assert stage.condition("papp", EXCHANGE_OBJECT, "Ready")["status"] == "False"
    assert [e for e in stage.simulation.exchange_entries() if not e.use_auth_server] == []
    stage.simulation.heal_document(LYNC_SITE)
    stage.kubectl(
        "annotate",
        "pserver",
        "exchange",
        "partner-operator.io/reconcile-requested-at=healed",
        "--overwrite",
    )
    stage.wait_ready(EXCHANGE_OBJECT, 120)
    stage.wait_ready(LYNC_OBJECT, 120)


def test_a_wrong_password_is_tried_once_and_the_other_side_goes_on(stage: Stage) -> None:
    """One rejected logon; a Secret made anew with the same data is no word, and each word is one more try."""
    declare(stage, exchange_password="not-the-password")
    wait_reason(stage, "papp", EXCHANGE_OBJECT, "Stalled", "CredentialsRejected")
    (user, password), _ = stage.simulation.credentials()
    for attempt in range(3):
        stage.secret("exchange-admin", user, "not-the-password")
        _ask(stage, "papp", EXCHANGE_OBJECT, f"same-{attempt}")
    assert stage.simulation.rejected_logons() == 1
    _ask(stage, "pserver", "exchange", "again")
    assert stage.simulation.rejected_logons() == 2
    stage.wait_for("Lync went on", lambda: len(stage.simulation.lync_entries()) == 1)
    stage.secret("exchange-admin", user, password)
    stage.kubectl(
        "annotate",
        "pserver",
        "exchange",
        "partner-operator.io/reconcile-requested-at=mended",
        "--overwrite",
    )
    stage.wait_ready(EXCHANGE_OBJECT, 120)


def _ask(stage: Stage, kind: str, name: str, token: str) -> None:
    """A human's request, until it was answered."""
    stage.kubectl(
        "annotate", kind, name, f"partner-operator.io/reconcile-requested-at={token}", "--overwrite"
    )
    stage.wait_for(
        f"{token} was answered",
        lambda: stage.get(kind, name)["status"].get("lastHandledReconcileAt") == token,
    )


def test_what_refers_to_nothing_and_what_claims_twice_is_said(stage: Stage) -> None:
    """serverRef to nothing, a second object for one entry, a second server for one organisation, a bad Secret."""
    declare(stage)
    stage.wait_ready(EXCHANGE_OBJECT, 120)
    stage.apply_text(
        """
apiVersion: partner-operator.io/v1alpha1
kind: PartnerApplication
metadata: {name: lost}
spec: {serverRef: {name: nowhere}, partnerRef: {name: lync}}
---
apiVersion: partner-operator.io/v1alpha1
kind: PartnerApplication
metadata: {name: twin}
spec: {serverRef: {name: exchange}, partnerRef: {name: lync}}
---
apiVersion: partner-operator.io/v1alpha1
kind: PartnerServer
metadata: {name: exchange-again}
spec:
  product: Exchange
  authMetadataUrl: https://autodiscover.litwareinc.com/autodiscover/metadata/json/1
  hosts: [atl-exchange-002.litwareinc.com]
  credentialsSecretRef: {name: exchange-admin}
---
apiVersion: v1
kind: Secret
metadata: {name: without-password}
type: partner-operator.io/logon
stringData: {username: nobody, hosts: "*.litwareinc.com"}
---
apiVersion: partner-operator.io/v1alpha1
kind: PartnerServer
metadata: {name: keyless}
spec:
  product: Lync
  authMetadataUrl: https://atl-cs-001.litwareinc.com/metadata/json/1
  hosts: [atl-fe-001.litwareinc.com]
  credentialsSecretRef: {name: without-password}
"""
    )
    assert "nowhere" in wait_reason(stage, "papp", "lost", "Stalled", "ServerNotFound")
    wait_reason(stage, "papp", "twin", "Stalled", "Conflict")
    wait_reason(stage, "pserver", "exchange-again", "Stalled", "DuplicateServer")
    assert "password" in wait_reason(stage, "pserver", "keyless", "Stalled", "CredentialsMissing")
    stage.wait_ready(EXCHANGE_OBJECT)
    stage.wait_ready(LYNC_OBJECT, 120)
    assert len([e for e in stage.simulation.exchange_entries() if not e.use_auth_server]) == 1
