"""A token is judged rule by rule, and never repeated."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from partner_operator.oauth.metadata import parse_metadata
from partner_operator.oauth.tokens import Finding, explain
from support.oauth.samples import (
    EXCHANGE_ID,
    LYNC_ID,
    NOW,
    actor_token,
    body,
    certificate_der,
    document,
    user_token,
)

LYNC = parse_metadata(body(document(LYNC_ID, "litwareinc.com")))


def judge(token: str, **changes: Any) -> tuple[Finding, ...]:
    arguments: dict[str, Any] = {
        "documents": [LYNC],
        "host": "autodiscover.litwareinc.com",
        "realm": "litwareinc.com",
        "now": NOW,
    }
    return explain(token, **{**arguments, **changes})


def failing(token: str, **changes: Any) -> set[str]:
    return {finding.rule for finding in judge(token, **changes) if not finding.holds}


@pytest.mark.parametrize("claim", ["actortoken", "actort"])
def test_a_good_token_keeps_every_rule_whichever_name_the_claim_has(claim: str) -> None:
    assert failing(actor_token()) == set()
    assert failing("Bearer " + user_token(actor_token(), claim)) == set()


@pytest.mark.parametrize(
    ("token", "rules"),
    [
        (actor_token(iss=f"{LYNC_ID}@contoso.com"), {"issuer"}),
        (actor_token(nameid=None), {"nameid"}),
        (actor_token(aud="https://mail.litwareinc.com"), {"audience"}),
        (actor_token(aud="nothing"), {"audience"}),
        (
            actor_token(aud=f"{EXCHANGE_ID}/autodiscover.litwareinc.com@LITWAREINC.COM"),
            {"audience realm"},
        ),
        (actor_token(aud=f"{EXCHANGE_ID}/other.litwareinc.com@litwareinc.com"), {"audience host"}),
        (actor_token(aud=f"{EXCHANGE_ID}/AUTODISCOVER.litwareinc.com@litwareinc.com"), set()),
        (actor_token(aud="x/autodiscover.litwareinc.com@litwareinc.com"), {"audience application"}),
        (actor_token(exp=str(int(NOW.timestamp()))), {"exp"}),
        (actor_token(exp=int(NOW.timestamp()) + 5), set()),
        (actor_token(nbf=str(int(NOW.timestamp()) + 1)), {"nbf"}),
        (actor_token(exp="9" * 30), {"exp"}),
        (actor_token(nbf=None, exp=None), {"nbf", "exp"}),
        (actor_token(certificate_der("rolled")), {"signing key"}),
        (user_token(actor_token(), iss=f"{LYNC_ID}@LitwareInc.com"), {"outer issuer"}),
        (user_token(actor_token(), smtp=None), {"user"}),
        (user_token(actor_token()) + "c2ln", {"outer token"}),
        (user_token(user_token(actor_token())), {"readable"}),
        (user_token("not.a"), {"readable"}),
        ("a.b", {"readable"}),
        ("!.!.!", {"readable"}),
        ("e30.W10.", {"readable"}),
        ("x" * 70_000, {"readable"}),
    ],
)
def test_each_broken_rule_is_named_and_only_it(token: str, rules: set[str]) -> None:
    assert failing(token) == rules


def test_a_changed_payload_breaks_the_signature() -> None:
    header, _, signature = actor_token().split(".")
    other = actor_token(nameid="someone").split(".")[1]
    assert failing(f"{header}.{other}.{signature}") == {"signature"}


def test_an_unsigned_actor_token_is_refused() -> None:
    unsigned = user_token(actor_token(), nameid=f"{LYNC_ID}@litwareinc.com").split(".")
    stripped = ".".join([unsigned[0], actor_token().split(".")[1], ""])
    assert "algorithm" in failing(stripped)


def test_the_signing_certificate_is_judged_at_the_same_time() -> None:
    late = NOW + timedelta(days=900)
    assert failing(actor_token(exp=str(int(late.timestamp()) + 60)), now=late) == {"certificate"}
    soon = NOW + timedelta(days=690)
    token = actor_token(exp=str(int(soon.timestamp()) + 60))
    assert failing(token, now=soon) == set()
    assert "certificate" in {finding.rule for finding in judge(token, now=soon)}


def test_findings_repeat_neither_token_nor_signature_nor_user() -> None:
    token = user_token(actor_token(exp=str(int((NOW - timedelta(days=1)).timestamp()))))
    told = " ".join(finding.message for finding in judge(token))
    actor = actor_token()
    for secret in (token, actor.split(".")[1], actor.split(".")[2], "canary-user"):
        assert secret not in told
