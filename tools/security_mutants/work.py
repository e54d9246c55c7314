"""Lines that bound what the operator does by itself: logons, writes, turns."""

from __future__ import annotations

from mutant import TOOLS, Mutant

WORK = (
    Mutant(
        "a refused logon is not tried again by itself within a day",
        "trust/logon.py",
        "    return asked or known.tried_at is None or now >= known.tried_at + DAY\n",
        "    return True\n",
        (
            "tests/engine/test_engine_failures.py::test_a_rejected_password_is_tried_once_and_on_one_host",
        ),
    ),
    Mutant(
        "an operator that is killed again and again locks no account",
        "trust/logon.py",
        "(known.digest is not None or known.unseen >= MOST_UNSEEN)",
        "known.digest is not None",
        (
            "tests/engine/test_engine_logon.py::test_operators_that_are_killed_again_and_again_lock_no_account",
        ),
    ),
    Mutant(
        "no status is written on the next object of the same name",
        "kube/writer.py",
        '        if body is None or body["metadata"]["uid"] != key.uid:\n',
        "        if body is None:\n",
        (
            "tests/kube/test_kube_writer.py::test_a_pass_does_not_write_on_the_next_object_of_the_same_name",
        ),
    ),
    Mutant(
        "no finalizer goes from the next object of the same name",
        "kube/finalizers.py",
        '        if body is None or body["metadata"]["uid"] != uid:\n',
        "        if body is None:\n",
        (
            "tests/kube/test_kube_two_writers.py::test_no_finalizer_is_put_on_the_next_object_of_the_same_name",
        ),
    ),
    Mutant(
        "the API server is asked past the proxies of the environment",
        "kube/client.py",
        '{"trust_env": False}',
        '{"trust_env": True}',
        ("tests/kube/test_kube_reader.py::test_no_proxy_of_the_environment_hears_of_the_cluster",),
    ),
    Mutant(
        "a Lease is certain for a time",
        "kube/lease.py",
        "self._held is not None and since < self._timing.certain",
        "self._held is not None",
        (
            "tests/kube/test_kube_lease.py"
            "::test_without_renewal_nothing_new_is_begun_long_before_another_one_may",
        ),
    ),
    Mutant(
        "nothing is written while the Lease is uncertain",
        "kube/client.py",
        "            self._before_write()\n",
        "            pass\n",
        ("tests/kube/test_kube_lease.py::test_what_is_uncertain_writes_nothing",),
    ),
    Mutant(
        "no run begins while the Lease is uncertain",
        "cli/remote.py",
        "            before_run()\n",
        "            pass\n",
        ("tests/kube/test_kube_lease.py::test_no_remote_run_begins_while_it_is_uncertain",),
    ),
    Mutant(
        "the doctor tries a refused logon on no other server",
        "cli/doctor.py",
        "            if logon in self.refused:\n",
        "            if False:\n",
        ("tests/cli/test_doctor_command.py::test_a_logon_that_was_refused_is_tried_nowhere_else",),
    ),
    Mutant(
        "nothing is exported from a list with gaps",
        "cli/inventory.py",
        "    if not status.undeclared_whole:\n",
        "    if False:\n",
        ("tests/cli/test_export.py::test_nothing_is_exported_from_a_list_that_is_not_whole",),
    ),
    Mutant(
        "what Enforce would change is exported with Observe",
        "cli/exported.py",
        "Mode.OBSERVE if draft.doubts or observe else",
        "Mode.OBSERVE if observe else",
        ("tests/cli/test_export.py::test_what_enforce_would_change_is_only_observed",),
    ),
    Mutant(
        "turns go round by namespace",
        "winrm/turns.py",
        "        namespace = self._served.get(waiter.asker.namespace, 0)\n",
        "        namespace = 0\n",
        (
            "tests/winrm/test_turns.py::test_64_silent_hosts_of_one_namespace_delay_another_by_one_run",
        ),
    ),
    Mutant(
        "a host that did not answer comes last",
        "winrm/turns.py",
        "            self._silent.add(host)\n",
        "            pass\n",
        ("tests/winrm/test_turns.py::test_a_host_that_did_not_answer_comes_last_but_not_never",),
    ),
    Mutant(
        "a downloaded archive is the one that the lock names",
        "partner_testbed/archives.py",
        "        _check(archive, file)\n",
        "",
        ("tests/testbed/test_archives.py::test_another_archive_is_refused_before_it_is_opened",),
        TOOLS,
    ),
    Mutant(
        "a downloaded package is the one that the lock names",
        "partner_testbed/debian.py",
        "    if hashlib.sha256(archive.read_bytes()).hexdigest() != package.sha256:\n",
        "    if False:\n",
        ("tests/testbed/test_debian.py::test_a_file_with_another_digest_is_refused",),
        TOOLS,
    ),
)
