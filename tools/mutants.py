"""Break the lines that no-harm and security rest on, one by one, and see that each break is caught: `make mutants`.

Works in a copy of the tree. A line whose text is not found exactly once, a test that fails before anything is
broken, and a break that no test catches each fail the run.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from mutant import Mutant
from security_mutants import SECURITY

ROOT = Path(__file__).resolve().parents[1]
LEFT_BEHIND = shutil.ignore_patterns(
    ".git", ".venv", "build", ".*_cache", "__pycache__", ".hypothesis"
)
TESTS_FAILED = 1
"""pytest's exit code when tests ran and some failed; any other one proves nothing."""
LONGEST = 900.0
"""Seconds for the tests of one break: one that makes the engine endless is caught by pytest's own limit."""


MUTANTS = (
    Mutant(
        "what vanished with others is not believed",
        "trust/absence.py",
        "    if signs < 2 or not any(each.ours for each in together):\n",
        "    if True:\n",
        ("tests/engine/test_engine_absence.py",),
    ),
    Mutant(
        "a word is for the sentence that a human could read",
        "engine/absence.py",
        "    return told is not None and told.reason is Reason.INCOMPLETE_READ and why in told.message\n",
        "    return True\n",
        ("tests/engine/test_engine_absence.py",),
    ),
    Mutant(
        "a warning of a certificate is given once",
        "trust/expiry.py",
        "    if days is None or (end.thumbprint, days) in told:\n",
        "    if days is None:\n",
        ("tests/engine/test_engine_expiry.py",),
    ),
    Mutant(
        "warnings of certificates are bounded, whatever a partner publishes",
        "trust/expiry.py",
        "    return days if len(lately) < MOST_PER_DAY else None\n",
        "    return days\n",
        ("tests/trust/test_expiry.py",),
    ),
    Mutant(
        "a server that fails does not flip to a step",
        "engine/steps.py",
        "    if failed or ready_reason(told) is Reason.INTERNAL_ERROR:\n",
        "    if False:\n",
        ("tests/engine/test_engine_broken_off.py",),
    ),
    Mutant(
        "an application that is as declared has no steps",
        "engine/steps.py",
        "    if not is_under_way(status.conditions):\n",
        "    if False:\n",
        ("tests/engine/test_engine_told.py",),
    ),
    Mutant(
        "a change is in the log before it is made",
        "engine/making.py",
        "        told.log()\n",
        "        pass\n",
        ("tests/engine/test_engine_told.py",),
    ),
    Mutant(
        "what a server warns about is not made a second time",
        "trust/decide/decision.py",
        "    if unreadable is not None:\n",
        "    if False:\n",
        ("tests/trust/test_decide_warned.py",),
    ),
    Mutant(
        "a refused logon is remembered before its status is written",
        "engine/logon.py",
        "        work.memory.logon = refused(logon.key, _word(work), work.now(), message)\n",
        "        pass\n",
        ("tests/engine/test_engine_first_logon.py",),
    ),
    Mutant(
        "credentials that were never accepted are written down before they are tried",
        "trust/logon.py",
        "        unseen = 1 + (known.unseen if known is not None and same else 0)\n",
        "        unseen = 1\n",
        ("tests/engine/test_engine_first_logon.py",),
    ),
    Mutant(
        "a server whose status may be refused is not contacted before that is known",
        "engine/logon.py",
        "    if uid not in work.memory.writable:\n",
        "    if False:\n",
        ("tests/engine/test_engine_first_logon.py", "tests/engine/test_engine_refused_writes.py"),
    ),
    Mutant(
        "what is refused of one application is not counted as an attempt for it",
        "engine/refused_writes.py",
        "    draft.status = draft.stored\n",
        "",
        ("tests/engine/test_engine_refused_writes.py",),
    ),
    Mutant(
        "a refusal is told from a race by looking again",
        "kube/finalizers.py",
        "        if refused is not None and tested == before:\n",
        "        if refused is None and tested == before:\n",
        ("tests/kube/test_kube_refused.py",),
    ),
    Mutant(
        "the finalizer stays on while the entry is there",
        "engine/deletion.py",
        "    elif decision.absent:\n",
        "    else:\n",
        ("tests/engine/test_engine_letting_go.py",),
    ),
    Mutant(
        "only the object's own uid releases it",
        "engine/deletion.py",
        "draft.desired.release_requested == draft.desired.key.uid",
        "draft.desired.release_requested is not None",
        ("tests/engine/test_engine_letting_go.py",),
    ),
    Mutant(
        "a status is written on the version that was judged",
        "kube/writer.py",
        '                "resourceVersion": resource_version,\n',
        "",
        ("tests/kube/test_kube_writer.py", "tests/kube/test_kube_two_writers.py"),
    ),
    Mutant(
        "a finalizer is put on the object that was read, not on the next of its name",
        "kube/finalizers.py",
        "for f, v in tested.items()),\n",
        'for f, v in tested.items() if f != "uid"),\n',
        ("tests/kube/test_kube_two_writers.py",),
    ),
    Mutant(
        "content is for adopting, never for removing",
        "trust/deletion.py",
        "    made = tuple(entry for entry in alike if of_open_intent(view, entry))\n",
        "    made = tuple(alike)\n",
        ("tests/engine/test_engine_ownership.py",),
    ),
    Mutant(
        "declarations are read again right before a removal",
        "engine/making.py",
        "    anew = judged_anew and not await still_as_declared(work)\n",
        "    anew = False\n",
        ("tests/engine/test_engine_reread.py",),
    ),
    Mutant(
        "a removal settles",
        "engine/removal.py",
        "    over = _settling_began(work, draft) + work.server.removal_settle\n",
        "    over = _settling_began(work, draft)\n",
        ("tests/engine/test_engine_letting_go.py",),
    ),
    Mutant(
        "a crowd counts those that have left",
        "engine/removal.py",
        "    left = {removal.uid: removal.deleted_at for removal in work.status.removals}\n",
        "    left: dict[str, datetime] = {}\n",
        ("tests/engine/test_engine_settle.py",),
    ),
    Mutant(
        "a change whose end nobody saw belongs to its host",
        "engine/outcome.py",
        "        answered = same(intent.host, work.observed.host)\n",
        "        answered = True\n",
        ("tests/engine/test_engine_outcome.py",),
    ),
    Mutant(
        "no host goes down while another is less healthy than it was",
        "trust/restart_plan.py",
        "    ill = view.unwell\n",
        "    ill = ()\n",
        ("tests/engine/test_engine_restart_health.py",),
    ),
    Mutant(
        "what a host was is never lowered by a look",
        "trust/activation.py",
        "    measure = raised(known.measure, shown)\n",
        "    measure = shown\n",
        ("tests/engine/test_engine_restart_health.py",),
    ),
    Mutant(
        "the error of measuring a clock is on the safe side",
        "trust/activation.py",
        "    return whole(min(since + (read - seen.began), read))\n",
        "    return whole(since)\n",
        ("tests/engine/test_engine_restart_clocks.py", "tests/trust/test_activation.py"),
    ),
    Mutant(
        "what a host may know from before proves nothing",
        "engine/evidence.py",
        "    return _name(document.application_identifier, document.realm) not in known\n",
        "    return True\n",
        ("tests/engine/test_engine_evidence.py",),
    ),
    Mutant(
        "a host is asked once whom it trusts",
        "engine/evidence.py",
        "    return enforced and not is_one_of(host, registration.known_to)\n",
        "    return enforced\n",
        ("tests/engine/test_engine_evidence.py",),
    ),
    Mutant(
        "a document that changed while it was read is read again",
        "engine/judging.py",
        "    if registrations.document_in(before, draft) != document:\n",
        "    if False:\n",
        ("tests/engine/test_engine_drift.py",),
    ),
    Mutant(
        "no cause restarts a host more often than the budget",
        "trust/restart_plan.py",
        "    if len(lately) < rules.max_per_day:\n",
        "    if True:\n",
        ("tests/engine/test_engine_restart_budget.py",),
    ),
    Mutant(
        "declarations are read again right before a restart",
        "engine/restarts.py",
        "        work.overtaken = not await still_as_declared(work)\n",
        "        work.overtaken = False\n",
        ("tests/engine/test_engine_restart_reread.py",),
    ),
    Mutant(
        "over CRDs that are older than the operator no server is contacted",
        "kube/reader.py",
        "            problem=_too_old(kinds) or facts.problem,\n",
        "            problem=facts.problem,\n",
        ("tests/kube/test_kube_old_crds.py",),
    ),
    Mutant(
        "one failed request breaks no pass off",
        "kube/patience.py",
        "            return before is not False\n",
        "            return False\n",
        ("tests/kube/test_kube_patience.py",),
    ),
    Mutant(
        "a finalizer that somebody took off is put on again before anything remote",
        "engine/run_pass.py",
        "        await restore_finalizers(work)\n",
        "",
        ("tests/engine/test_engine_held.py",),
    ),
    Mutant(
        "a namespace that is closed ends no other namespace's work",
        "kube/reader.py",
        "                if refused.status != 403 or scope is None:\n",
        "                if True:\n",
        ("tests/kube/test_kube_closed_namespaces.py",),
    ),
    Mutant(
        "the organisation is known to others before the first write",
        "engine/identity.py",
        "    if older is None and not _is_known(work):\n",
        "    if False:\n",
        ("tests/engine/test_engine_twins.py",),
    ),
    Mutant(
        "a logon that was refused after its answer is not tried again",
        "engine/run_pass.py",
        "    if refused or logon.refused:\n",
        "    if refused:\n",
        ("tests/engine/test_engine_refused_midway.py",),
    ),
    Mutant(
        "a partner by URL needs the word of the server's owner",
        "trust/allowed_partners.py",
        "    if application.deleting or partner.server_name is not None:\n",
        "    if True:\n",
        ("tests/engine/test_engine_allowed.py", "tests/kube/test_kube_parse_owner.py"),
    ),
    Mutant(
        "a wildcard names whole labels",
        "trust/allowed.py",
        "name.endswith(pattern[1:])",
        "name.endswith(pattern[2:])",
        ("tests/trust/test_allowed.py",),
    ),
    Mutant(
        "hosts are compared in their ASCII form",
        "trust/allowed.py",
        "each if each.isascii() else idna.alabel(each).decode()",
        "each",
        ("tests/trust/test_allowed.py",),
    ),
    Mutant(
        "the owner's word is read again right before a registration",
        "engine/making.py",
        "    by_url = draft.desired.partner.server_name is None\n",
        "    by_url = False\n",
        ("tests/engine/test_engine_allowed.py",),
    ),
    Mutant(
        "no other Secret is a logon",
        "kube/secrets.py",
        '    if secret.get("type") != LOGON_TYPE:\n',
        "    if False:\n",
        ("tests/kube/test_kube_secrets.py",),
    ),
    Mutant(
        "a password is sent to no host that its Secret does not name",
        "engine/ports/credentials.py",
        "        if fault is not None or is_allowed(host, self.hosts):\n",
        "        if True:\n",
        ("tests/products/test_remote_allowed.py",),
    ),
    Mutant(
        "every run asks whether the logon may go there",
        "products/remote.py",
        "        fault = credentials.fault(server, self.host)\n",
        "        fault = None\n",
        ("tests/products/test_remote_allowed.py",),
    ),
    Mutant(
        "the operator logs on to no other port",
        "trust/allowed.py",
        "        if port not in self.ports:\n",
        "        if False:\n",
        ("tests/trust/test_allowed.py", "tests/products/test_remote_allowed.py"),
    ),
    Mutant(
        "a remembered logon does not outlive the word of its Secret",
        "engine/logon.py",
        "        withdrawn = problem.obstacle.reason is Reason.HOST_NOT_ALLOWED\n",
        "        withdrawn = False\n",
        ("tests/engine/test_engine_allowed.py",),
    ),
    Mutant(
        "a foreign host that answers for our organisation is not believed",
        "engine/believed.py",
        "        return any(same(host, member) for member in work.observed.members)\n",
        "        return True\n",
        ("tests/engine/test_engine_elsewhere.py",),
    ),
    Mutant(
        "who is not believed inherits nothing",
        "engine/removal.py",
        "        if not alike or not is_believed(work, server):\n",
        "        if not alike:\n",
        ("tests/engine/test_engine_elsewhere.py",),
    ),
    Mutant(
        "a public certificate proves nothing",
        "engine/identity.py",
        "    return known and work.rules.same_organization(",
        "    return work.rules.same_organization(",
        ("tests/liars/test_liars_other_organization.py",),
    ),
    Mutant(
        "a word of a human is one more try and no second one",
        "trust/logon.py",
        "    asked = word is not None and word != known.word\n",
        "    asked = word is not None\n",
        ("tests/engine/test_engine_logon.py",),
    ),
    Mutant(
        "a logon is tried only once its try is remembered",
        "engine/logon.py",
        "    await work.save_server()\n    uid = work.server.key.uid\n",
        "    uid = work.server.key.uid\n",
        ("tests/engine/test_engine_logon.py",),
    ),
    Mutant(
        "after a refusal, a try whose end nobody saw is the only one",
        "trust/logon.py",
        "        unseen = MOST_UNSEEN\n",
        "        unseen = 1\n",
        ("tests/engine/test_engine_logon.py",),
    ),
    Mutant(
        "a round that waits for a human is looked at ever less often",
        "engine/restarts.py",
        "default=view.iis.restart_required_since or work.now())",
        "default=work.now())",
        ("tests/engine/test_engine_every_reason.py",),
    ),
    Mutant(
        "a human's word makes Lync read the document again",
        "trust/decide/changes.py",
        "or view.read_again or not view.asks_again:",
        "or view.read_again or True:",
        ("tests/engine/test_engine_read_again.py",),
    ),
    *SECURITY,
)


def main() -> int:
    """Break each line, print a table, and return 0 if every break was caught."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("only", nargs="*", help="parts of rules or files; all where none is given")
    words = parser.parse_args().only
    chosen = [m for m in MUTANTS if not words or any(w in f"{m.rule} {m.file}" for w in words)]
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        tree = Path(folder) / "tree"
        shutil.copytree(ROOT, tree, ignore=LEFT_BEHIND, symlinks=True)
        escaped = _check(tree, chosen)
    print(f"{len(chosen) - len(escaped)} of {len(chosen)} breaks are caught")
    for line in escaped:
        print(line)
    return 1 if escaped else 0


def _check(tree: Path, mutants: list[Mutant]) -> list[str]:
    for mutant in mutants:
        _find(tree, mutant)
    healthy = sorted({test for mutant in mutants for test in mutant.tests})
    code = _run(tree, healthy)
    if code != 0:
        return [f"The tests fail before anything is broken (pytest ended with {code})."]
    escaped = []
    for mutant in mutants:
        began = time.monotonic()
        code = _break(tree, mutant)
        caught = code == TESTS_FAILED
        word, seconds = "caught" if caught else "ESCAPED", time.monotonic() - began
        print(f"{word:8} {seconds:4.0f} s  {mutant.file}: {mutant.rule}", flush=True)
        if not caught:
            escaped.append(f"{mutant.file}: {mutant.rule}: pytest ended with {code}")
    return escaped


def _find(tree: Path, mutant: Mutant) -> str:
    """The file with the line. Raises LookupError: then the table is old."""
    source = (tree / mutant.folder / mutant.file).read_text(encoding="utf-8")
    if source.count(mutant.text) != 1:
        found = source.count(mutant.text)
        raise LookupError(
            f"{mutant.file}: {mutant.text!r} stands there {found} times; mend the table"
        )
    return source


def _break(tree: Path, mutant: Mutant) -> int:
    """pytest's exit code with the line broken; the line is as before afterwards."""
    source = _find(tree, mutant)
    place = tree / mutant.folder / mutant.file
    place.write_text(source.replace(mutant.text, mutant.broken), encoding="utf-8")
    try:
        return _run(tree, mutant.tests)
    finally:
        place.write_text(source, encoding="utf-8")


def _run(tree: Path, tests: Sequence[str]) -> int:
    paths = os.pathsep.join(["operator", "simulator", "tools", "tests"])
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *tests]
    environment = {**os.environ, "PYTHONPATH": paths, "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        command,
        cwd=tree,
        env=environment,
        timeout=LONGEST,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode not in (0, TESTS_FAILED):
        print(done.stdout[-2000:], done.stderr[-2000:], sep="\n")
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
