"""What each condition and reason means and what to do: the source of docs/reasons.md."""

from __future__ import annotations

from typing import Final

from page_lines import bullet, wrapped
from partner_operator.trust.reasons import ConditionType, Reason

NOTHING: Final = "Nothing."

CONDITIONS: Final[dict[ConditionType, str]] = {
    ConditionType.STALLED: "Only a human's change helps. Exists only while True.",
    ConditionType.RECONCILING: "The operator is at work or will try again. Exists only while True.",
    ConditionType.READY: "The trust is as declared, active and, where a test is declared, tested.",
    ConditionType.METADATA_VALID: "The partner's auth metadata document, as the server sees it, can be used.",
    ConditionType.REGISTERED: "The entry on the server was read back after the last change and is as declared.",
    ConditionType.ACTIVATED: "Every listed host runs with the last change.",
    ConditionType.CONNECTED: "The last connectivity test passed.",
    ConditionType.CERTIFICATE_VALID: "The server's own OAuth certificate is good, and the one that it publishes.",
    ConditionType.CERTIFICATE_EXPIRING: (
        "A certificate ends within 60 days, or has ended: a server's own, an application's partner's. Exists only "
        "while True; Ready stays True until the end."
    ),
    ConditionType.UNLISTED_HOSTS: "The organisation has hosts that spec.hosts does not list; they are not touched.",
    ConditionType.SUSPENDED: "mode is Suspend, and the object rests. Exists only while True.",
}

REASONS: Final[dict[Reason, tuple[str, str]]] = {
    Reason.SUCCEEDED: ("All is as declared.", NOTHING),
    Reason.PROGRESSING: ("A pass is under way.", "Wait."),
    Reason.PROGRESSING_WITH_RETRY: ("A pass failed and is tried again.", "Read Ready's reason."),
    Reason.INTERNAL_ERROR: (
        "A pass broke off for a reason that nobody foresaw, or none came to its end although one was due. What the "
        "other conditions say is from before.",
        "Read the message and the operator's log; the operator tries again by itself. Restart an operator that hangs.",
    ),
    Reason.NOT_WRITTEN: (
        "The API server does not take the status or the finalizer that the message names, in its own words. Nothing "
        "is done for that object; nothing at all for a server whose status it does not take.",
        "Change the admission policy, the webhook, the right or the CRD that refuses it.",
    ),
    Reason.SUSPENDED: ("mode is Suspend.", "Set mode to Enforce or Observe to go on."),
    Reason.CHANGE_BEGINS: (
        "A change of a server, or a restart of IIS, is about to begin. The Event says what was there and what it is to "
        "be; see [Audit](audit.md).",
        NOTHING,
    ),
    Reason.DRIFT_DETECTED: (
        "The server differs from what is declared and is being repaired.",
        "Find out who changed the fields that the Event names.",
    ),
    Reason.DRIFT_OBSERVED: (
        "mode is Observe, and status.plan says what Enforce would change.",
        "Set mode to Enforce, or change the declaration.",
    ),
    Reason.DRIFT_PERSISTS: (
        "Changes were said to be done, but reading back shows none, again and again.",
        "Look at the server; then set the annotation reconcile-requested-at.",
    ),
    Reason.ANOTHER_WRITER: (
        "Somebody keeps setting back what the operator repairs.",
        "Stop the other writer, or suspend here.",
    ),
    Reason.WAITING_FOR_WINDOW: ("A restart is due but outside spec.restart.windows.", "Wait."),
    Reason.WAITING_FOR_SETTLE: (
        "A restart is due once no change came for a while; or a registration is removed once no heir has come.",
        "Wait.",
    ),
    Reason.WAITING_FOR_HOSTS: (
        "A restart is due, and a host is less healthy than it was, or cannot be looked at.",
        "Bring that host back, take it out of spec.hosts, or set the annotation approve-restart.",
    ),
    Reason.RESTART_APPROVAL_NEEDED: (
        "A restart is due, and spec.restart.policy is Manual.",
        "Set the annotation approve-restart, or restart IIS on the named hosts yourself.",
    ),
    Reason.RESTART_BUDGET_SPENT: (
        "A host was restarted as often as spec.restart.maxPerDay allows within 24 hours.",
        "Find out why so many changes need a restart; to restart now, set the annotation approve-restart.",
    ),
    Reason.WAITING_FOR_COUNTERPART: (
        "This side is done; the other direction is not Ready, so no test was run.",
        "Look at the object that status.counterpart names.",
    ),
    Reason.WAITING_FOR_REPLICATION: ("No Front End has the change yet.", "Wait."),
    Reason.WAITING_FOR_ACTIVATION: (
        "spec.restart.policy is Never, and the product takes a change over by itself within the time that the message "
        "says. Nothing proves yet that it did.",
        "Wait, or run iisreset on the hosts that the message names.",
    ),
    Reason.CRD_TOO_OLD: (
        "The cluster's CRDs lack fields that this version of the operator needs; no server is contacted.",
        "Run kubectl apply -f crds/ with the CRDs of this version.",
    ),
    Reason.FINALIZER_RESTORED: (
        "Somebody took the operator's finalizer off an object with a registration; it is on again.",
        "To let the object go and leave the server as it is, set the annotation release as the message says.",
    ),
    Reason.SERVER_NOT_FOUND: (
        "spec.serverRef names no PartnerServer of this namespace.",
        "Create it, or make an object that names another.",
    ),
    Reason.PARTNER_NOT_FOUND: (
        "spec.partnerRef names no PartnerServer of this namespace.",
        "Create it, or give the partner by URL in a new object.",
    ),
    Reason.PARTNER_NOT_ALLOWED: (
        "spec.partner.authMetadataUrl is on a host that no pattern in the server's allowedPartners names; or the token "
        "server's host, or the linked account, is not named in its allowedTokenServers.",
        "Add what is missing if the server shall trust it; to revoke the trust, delete the object.",
    ),
    Reason.PERMISSION_NOT_ALLOWED: (
        "spec.sharePoint.permission asks for more than the maxPermission of the server.",
        "Declare less, or let the farm's owner raise maxPermission.",
    ),
    Reason.PRODUCT_MISMATCH: (
        "A block of another product than the server's is set, or a permission for a partner that needs none.",
        "Take the block, or the permission, out.",
    ),
    Reason.UNSUPPORTED_PAIR: (
        "The operator cannot make this product trust that one, or does not.",
        "Declare another pair.",
    ),
    Reason.TOKEN_SERVER_MISSING: (
        "The server does not trust the token server of spec.partner.tokenServer, and the operator may not make it "
        "trust that one.",
        "Run the command that the message has, or set create in allowedTokenServers; either lets the token server "
        "vouch for every application that uses token servers.",
    ),
    Reason.TOKEN_SERVER_DISABLED: (
        "The token server of spec.partner.tokenServer is there and disabled. It serves others too, so it is never "
        "enabled by the operator.",
        "Enable it with the command that the message has, or delete the object.",
    ),
    Reason.TOKEN_SERVER_DIFFERS: (
        "The server keeps another realm or issuer of the token server than its document has, so it refuses its tokens. "
        "It serves others too, so the operator never changes it.",
        "Read its document again with the command that the message has, or let the document be mended.",
    ),
    Reason.LINKED_ACCOUNT_MISSING: (
        "The account of spec.exchange.linkedAccount does not exist. Nothing is changed, and accounts of applications "
        "behind a token server are never made.",
        "Make the account and give it roles, or declare another one.",
    ),
    Reason.CONFLICT: (
        "Two objects claim one entry on the server; or an entry of somebody else, of the hybrid set-up for example, "
        "has what this one needs.",
        "Delete the object that the message names as the younger; or declare another identity.",
    ),
    Reason.DUPLICATE_SERVER: (
        "Another PartnerServer stands for the same organisation.",
        "Delete one of the two.",
    ),
    Reason.INVALID_OBJECT: ("The declaration cannot be used.", "Correct what the message names."),
    Reason.CREDENTIALS_MISSING: (
        "The Secret, one of its keys, or the right to read it is missing.",
        "Create the Secret with the keys username, password and hosts.",
    ),
    Reason.CREDENTIALS_INVALID: (
        "The Secret is of another type than partner-operator.io/logon; or a value in it is empty, or has a line break, "
        "an invisible character or bytes that are no text.",
        "Make a new Secret with the command in the message; write values with printf or --from-literal.",
    ),
    Reason.HOST_NOT_ALLOWED: (
        "A host in spec.hosts is not in the Secret's key hosts, or outside of --allowed-hosts or --allowed-ports.",
        "Take the host out, or let the owner of the Secret (or of the operator) allow it.",
    ),
    Reason.CREDENTIALS_REJECTED: (
        "The server or the domain refused the logon. The message says why, where the wire tells.",
        "Do what the message says: correct the Secret, or look at the account.",
    ),
    Reason.CA_BUNDLE_MISSING: (
        "spec.winrm.caBundle names no certificates in PEM.",
        "Create the ConfigMap, or leave caBundle out.",
    ),
    Reason.UNREACHABLE: ("No host answered.", "Check names, firewall and the WinRM listener."),
    Reason.TLS_FAILED: (
        "The host's WinRM certificate is not trusted, or carries another name.",
        "Set spec.winrm.caBundle, or give the listener a fitting certificate.",
    ),
    Reason.FORBIDDEN: ("The account lacks a right.", "Grant what the message names."),
    Reason.QUOTA_EXCEEDED: (
        "The host allows no more shells for this account.",
        "Wait, or raise the quota.",
    ),
    Reason.BUSY: (
        "Another run holds the mutex on the host.",
        "Wait; see who else runs an operator.",
    ),
    Reason.FARM_BUSY: (
        "Somebody else changed the same part of a SharePoint farm at the same moment, so nothing was stored.",
        "Wait; the operator tries again.",
    ),
    Reason.SERVICE_APPLICATION_MISSING: (
        "A service application or its proxy that trust needs is missing in a SharePoint farm; nothing was made.",
        "Make it as the message says.",
    ),
    Reason.ROOT_SITE_MISSING: (
        "The site through which permissions are read and given is none of the SharePoint farm.",
        "Make it, or declare the address of a web application that has a root site.",
    ),
    Reason.TIMED_OUT: ("The host did not answer in time.", "Look at the host's load."),
    Reason.PROTOCOL_ERROR: (
        "What answered does not speak WinRM, or does not answer what was asked.",
        "Check port, proxy and listener.",
    ),
    Reason.BLOCKED: (
        "PowerShell was not allowed to run (antimalware, language mode, policy).",
        "Allow the operator's script for its account.",
    ),
    Reason.REMOTE_ERROR: ("A cmdlet failed.", "Read its own sentence in the message."),
    Reason.OUTCOME_UNKNOWN: (
        "Nobody saw the end of a change, and its host does not answer: it may still be at work there.",
        "Bring the host back, wait until the run must be over, or do what the message says.",
    ),
    Reason.CONTRACT_VIOLATED: (
        "The server's answer lacks what it should have.",
        "Report it with the product's version.",
    ),
    Reason.WRONG_PRODUCT: (
        "The hosts run another product than declared, or one that is too old.",
        "Correct the PartnerServer.",
    ),
    Reason.OTHER_ORGANIZATION: (
        "The hosts answer for another organisation than before.",
        "Find out what stands behind their names; if it is meant, set the annotation reconcile-requested-at.",
    ),
    Reason.INCOMPLETE_READ: (
        "The list of entries is not proven whole, so nothing is taken for absent.",
        "Do what the message says; mostly, grant the account a view of the whole organisation.",
    ),
    Reason.METADATA_VALID: ("The document can be used.", NOTHING),
    Reason.METADATA_UNREACHABLE: (
        "The server cannot fetch the partner's document.",
        "Try the address in a browser on that server: name, firewall, TLS certificate.",
    ),
    Reason.METADATA_INVALID: (
        "What the server fetched is no auth metadata document.",
        "Correct the address.",
    ),
    Reason.METADATA_WRONG_PRODUCT: (
        "The document is of another product.",
        "Correct the address or the product.",
    ),
    Reason.METADATA_ALTERNATES: (
        "There are two documents behind one URL: machines of that name publish different certificates.",
        "Let all publish the same; then set the annotation reconcile-requested-at.",
    ),
    Reason.CERTIFICATE_VALID: ("The certificate is good.", NOTHING),
    Reason.CERTIFICATE_MISSING: (
        "No OAuth certificate is set, or it is not installed.",
        "See the message.",
    ),
    Reason.CERTIFICATE_UNREADABLE: (
        "The server's list of certificates, or one certificate, could not be read.",
        "Check the server's OAuth certificate first; the message says what was said of it.",
    ),
    Reason.CERTIFICATE_EXPIRED: ("The OAuth certificate has expired.", "Renew and publish it."),
    Reason.CERTIFICATE_EXPIRES_SOON: (
        "The OAuth certificate expires soon.",
        "Renew and publish it.",
    ),
    Reason.CERTIFICATE_NOT_YET_VALID: (
        "The OAuth certificate is not valid yet.",
        "Check the clocks.",
    ),
    Reason.CERTIFICATE_WEAK: ("The key is shorter than 2048 bits.", "Make a new certificate."),
    Reason.CERTIFICATE_NOT_PUBLISHED: (
        "The server signs with a certificate that its document does not publish.",
        "Publish it with the cmdlets that the message names.",
    ),
    Reason.REGISTERED: ("The entry is as declared.", NOTHING),
    Reason.NOT_REGISTERED: (
        "The server has no entry for this partner.",
        "Wait for the pass, or read Ready.",
    ),
    Reason.ADOPTED: ("An entry was there already and is kept from now on.", NOTHING),
    Reason.VANISHED: (
        "The registered entry is gone, and the operator did not remove it.",
        "Find out who did. To have it gone for good, delete the object.",
    ),
    Reason.AMBIGUOUS: (
        "Several entries could be meant.",
        "Remove or rename the others, or set identity.",
    ),
    Reason.CREATED_NOTHING: (
        "The server reported no error, but reading back shows no entry.",
        "Wait for the next try; look at the server's event log if it stays.",
    ),
    Reason.REPAIRED: ("A difference was repaired.", NOTHING),
    Reason.REMOVED: ("The entry was removed, and a complete read proves it.", NOTHING),
    Reason.RETAINED: ("The object went, the entry stays.", NOTHING),
    Reason.HANDED_OVER: ("Another object has taken over the entry.", NOTHING),
    Reason.RELEASED: ("The object was let go without contact to a server.", NOTHING),
    Reason.DELETION_BLOCKED: (
        "The entry cannot be removed now, so the object stays.",
        "Mend the cause, or set the annotation release as the message says.",
    ),
    Reason.ACTIVATED: ("All hosts run with the last change.", NOTHING),
    Reason.RESTART_PENDING: ("Hosts still run with older settings.", "Wait for the restart."),
    Reason.RESTART_APPROVED: ("A human approved a round of restarts.", NOTHING),
    Reason.NOTHING_TO_APPROVE: (
        "The round that the annotation approve-restart was for is over, or there was none.",
        "Set another value when a condition names hosts again.",
    ),
    Reason.RESTARTED: ("IIS was restarted on a host.", NOTHING),
    Reason.RESTART_FAILED: (
        "A host did not come back as healthy as before, or iisreset restarted nothing there; the round has stopped.",
        "Look at the host; it is never restarted twice. To go on as it is, set the annotation approve-restart.",
    ),
    Reason.RESTART_NOT_NEEDED: (
        "No change waits for a restart, or somebody else has restarted IIS meanwhile.",
        NOTHING,
    ),
    Reason.ACTIVATION_UNKNOWN: (
        "A host's workers could not be looked at, or somebody else changed the entry lately.",
        "See whether the host answers, or wait half an hour; iisreset activates at once.",
    ),
    Reason.HOST_LEFT: ("A host left spec.hosts or the organisation and leaves the round.", NOTHING),
    Reason.NO_HOST_FOUND: (
        "No host is known, so nothing proves that a change is active.",
        "Check spec.hosts.",
    ),
    Reason.HOSTS_UNLISTED: (
        "Hosts were found that spec.hosts does not list.",
        "List them, or restart them yourself.",
    ),
    Reason.CLOCK_SKEW: (
        "A host's clock is more than 5 minutes away from the operator's; Kerberos bears no more.",
        "Set the clocks of hosts, domain controllers and Kubernetes nodes by one source.",
    ),
    Reason.CONNECTIVITY_TEST_PASSED: ("The test passed.", NOTHING),
    Reason.CONNECTIVITY_TEST_FAILED: (
        "The test failed.",
        "Read its text in status.connectivity.message.",
    ),
    Reason.NOT_TESTED: (
        "The declared test was not run yet, or neither product of the pair has a test (SharePoint and Lync).",
        "Tests are lync.connectivityTest (on Lync trusts Exchange) and exchange.connectivityTest (on Exchange trusts "
        "SharePoint).",
    ),
}


RECONCILE: Final = "set the annotation `reconcile-requested-at`"
NOTICED: Final = f"Mend it; the next pass notices. At once: {RECONCILE} on the PartnerServer."
DECLARED: Final = "Change the declaration; it is read at once."

WAYS_OUT: Final[dict[Reason, str]] = {
    Reason.SUSPENDED: "Set `mode`.",
    Reason.INTERNAL_ERROR: "The operator tries again, ever more rarely. Report it; restart an operator that hangs.",
    Reason.NOT_WRITTEN: "Change what refuses it (policy, webhook, quota, right, older CRD); the operator tries again.",
    Reason.CRD_TOO_OLD: "`kubectl apply -f crds/`; it is noticed within seconds.",
    Reason.PARTNER_NOT_ALLOWED: (
        "The server's owner names the host in `allowedPartners` or `allowedTokenServers`; or delete the object, which "
        "removes the trust."
    ),
    Reason.TOKEN_SERVER_MISSING: (
        "Run the command that the message has; or the server's owner sets `create` in `allowedTokenServers`."
    ),
    Reason.TOKEN_SERVER_DISABLED: "Run the command that the message has.",
    Reason.TOKEN_SERVER_DIFFERS: "Run the command that the message has, or mend the document.",
    Reason.LINKED_ACCOUNT_MISSING: f"Make the account, or declare another one. {NOTICED}",
    Reason.PERMISSION_NOT_ALLOWED: (
        "The server's owner raises `maxPermission`; or declare less; or delete the object."
    ),
    Reason.HOST_NOT_ALLOWED: "The Secret's owner names the host in the key `hosts`; or take it out of `spec.hosts`.",
    Reason.DRIFT_OBSERVED: "Set `mode` to Enforce, or change the declaration.",
    Reason.DRIFT_PERSISTS: f"Look at the server, then {RECONCILE} on the object: counting begins anew.",
    Reason.ANOTHER_WRITER: f"Stop the other writer, then {RECONCILE} on the object: counting begins anew.",
    Reason.WAITING_FOR_WINDOW: "The window; or the annotation `approve-restart` on the PartnerServer.",
    Reason.WAITING_FOR_HOSTS: (
        "Bring the host back, or take it out of `spec.hosts`; or the annotation `approve-restart` on the PartnerServer."
    ),
    Reason.RESTART_APPROVAL_NEEDED: (
        "The annotation `approve-restart` on the PartnerServer, or `iisreset` by hand."
    ),
    Reason.RESTART_BUDGET_SPENT: "A day; or the annotation `approve-restart` on the PartnerServer.",
    Reason.RESTART_FAILED: (
        "Bring the host back, run `iisreset` there, or take it out of `spec.hosts`; or the annotation "
        "`approve-restart` on the PartnerServer."
    ),
    Reason.RESTART_PENDING: "`iisreset` by hand, a passed test, or another `restart.policy`.",
    Reason.ACTIVATION_UNKNOWN: "Bring the host back, or take it out of `spec.hosts`.",
    Reason.WAITING_FOR_COUNTERPART: "Mend the other direction; the test runs by itself then.",
    Reason.WAITING_FOR_ACTIVATION: "The time that the message names; or `iisreset` by hand.",
    Reason.FARM_BUSY: f"The operator tries again. At once: {RECONCILE} on the object.",
    Reason.SERVICE_APPLICATION_MISSING: f"Make it; the next pass notices. At once: {RECONCILE} on the object.",
    Reason.WAITING_FOR_REPLICATION: "`Invoke-CsManagementStoreReplication`; the next pass notices.",
    Reason.SERVER_NOT_FOUND: "Create the PartnerServer.",
    Reason.PARTNER_NOT_FOUND: "Create the PartnerServer that is named, or make another object.",
    Reason.PRODUCT_MISMATCH: DECLARED,
    Reason.UNSUPPORTED_PAIR: "Delete the object, and declare another pair.",
    Reason.CONFLICT: "Delete one of the two objects; or make the object again with another `spec.identity`.",
    Reason.DUPLICATE_SERVER: "Delete one of the two PartnerServers.",
    Reason.INVALID_OBJECT: DECLARED,
    Reason.CREDENTIALS_MISSING: f"Create the Secret. At once: {RECONCILE} on the PartnerServer.",
    Reason.CREDENTIALS_INVALID: f"Write the Secret anew. At once: {RECONCILE} on the PartnerServer.",
    Reason.CREDENTIALS_REJECTED: (
        "One try for each: new data in the Secret, another `spec.hosts` or `spec.winrm`, a new value of the annotation "
        "`reconcile-requested-at` on the PartnerServer. Else one a day."
    ),
    Reason.CA_BUNDLE_MISSING: f"Create the ConfigMap. At once: {RECONCILE} on the PartnerServer.",
    **dict.fromkeys(
        (
            Reason.UNREACHABLE,
            Reason.TLS_FAILED,
            Reason.FORBIDDEN,
            Reason.QUOTA_EXCEEDED,
            Reason.BUSY,
            Reason.TIMED_OUT,
            Reason.PROTOCOL_ERROR,
            Reason.BLOCKED,
            Reason.REMOTE_ERROR,
            Reason.CONTRACT_VIOLATED,
            Reason.WRONG_PRODUCT,
            Reason.INCOMPLETE_READ,
            Reason.ROOT_SITE_MISSING,
            Reason.CERTIFICATE_EXPIRES_SOON,
            Reason.CERTIFICATE_MISSING,
            Reason.CERTIFICATE_UNREADABLE,
            Reason.CERTIFICATE_NOT_PUBLISHED,
        ),
        NOTICED,
    ),
    Reason.OUTCOME_UNKNOWN: (
        f"20 minutes; or see that nothing runs on that host, then {RECONCILE} on the PartnerServer."
    ),
    Reason.OTHER_ORGANIZATION: f"If it is meant, {RECONCILE} on the PartnerServer.",
    **dict.fromkeys(
        (
            Reason.METADATA_UNREACHABLE,
            Reason.METADATA_INVALID,
            Reason.METADATA_WRONG_PRODUCT,
            Reason.CERTIFICATE_EXPIRED,
            Reason.CERTIFICATE_WEAK,
            Reason.CERTIFICATE_NOT_YET_VALID,
        ),
        f"Mend the partner's document; the next pass notices. At once: {RECONCILE} on the object.",
    ),
    Reason.METADATA_ALTERNATES: f"Let all publish the same, then {RECONCILE} on the object.",
    Reason.NOT_REGISTERED: "Set `mode` to Enforce; else what Ready says.",
    Reason.AMBIGUOUS: "Remove the other entries, or make the object again with `spec.identity`.",
    Reason.CREATED_NOTHING: f"The operator tries again; after three times {RECONCILE} on the object.",
    Reason.DELETION_BLOCKED: "Mend the cause; or the annotation `release` with the object's uid.",
    Reason.HOSTS_UNLISTED: "List the hosts.",
    Reason.CONNECTIVITY_TEST_FAILED: (
        f"The operator repeats it by itself. At once: {RECONCILE} on the object; the server then reads the partner's "
        "document again."
    ),
    Reason.NOT_TESTED: "What Ready says; the test runs then.",
}
"""How each state that waits for a human is left. tests/engine/test_engine_every_reason.py does it, one by one."""


HEAD: Final = """# Conditions and reasons
Conditions say how an object stands; the reason beside each says why, in one word. The message has the details of your
case.

## Conditions
"""

REASONS_HEAD: Final = """
## Reasons
*Way out* is a human's word: it ends the state, once what is behind it is mended. Annotations begin with
`partner-operator.io/`; each needs a new value. What has no way out is good, is over, or passes by itself.
"""


def reasons_page() -> str:
    """The page docs/reasons.md."""
    conditions = [
        bullet(f"**{condition}**: {meaning}") for condition, meaning in CONDITIONS.items()
    ]
    reasons = [_section(reason, *told) for reason, told in REASONS.items()]
    return HEAD + "".join(conditions) + REASONS_HEAD + "".join(reasons)


def _section(reason: Reason, meaning: str, step: str) -> str:
    lines = [f"\n### {reason}\n{wrapped(meaning)}"]
    if step != NOTHING:
        lines.append(bullet(f"To do: {step}"))
    if reason in WAYS_OUT:
        lines.append(bullet(f"Way out: {WAYS_OUT[reason]}"))
    return "".join(lines)
