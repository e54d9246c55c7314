"""What people do to the servers by hand while nobody looks."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from partner_simulator.ports import Standing
from partner_simulator.world import iisreset, names
from partner_simulator.world.cms import TokenCertificate, with_application, without_application
from partner_simulator.world.domain import Domain
from partner_simulator.world.ledger import Write, WriteKind
from partner_simulator.world.objects import (
    AuthConfig,
    PartnerApplication,
    RoleAssignment,
    User,
)
from partner_simulator.world.switches import Name

PERSON = f"{names.NETBIOS_DOMAIN}\\Administrator"
_ROLLOVER = timedelta(hours=48)


class HumanActions:
    """Changes by hand. Those on Exchange take effect at once: whoever makes them restarts IIS."""

    domain: Domain

    def disable_entry(self) -> None:
        """Set-PartnerApplication -Enabled $false."""
        self._change_entry("Enabled", lambda entry: replace(entry, enabled=False))

    def change_url(self, url: str) -> None:
        """Another AuthMetadataUrl in Exchange's entry, without a look at what is there."""
        self._change_entry("AuthMetadataUrl", lambda entry: replace(entry, auth_metadata_url=url))

    def drop_certificates(self) -> None:
        """Exchange's entry loses its certificates."""
        self._change_entry("Certificates", lambda entry: replace(entry, certificates=()))

    def remove_entry(self) -> None:
        """Remove-PartnerApplication for our entry."""
        entry = self._entry()
        self.domain.directory.delete(entry)
        self._by_hand("Remove-PartnerApplication", entry.name)
        self._restart_all()

    def remove_role(self, role: str = "UserApplication") -> None:
        """Take a role from the linked account of our entry. Raises LookupError."""
        account = self._entry().linked_account
        for assignment in self.domain.directory.find(RoleAssignment):
            if (assignment.role, assignment.assignee) == (role, account):
                self.domain.directory.delete(assignment)
                self._by_hand("Remove-ManagementRoleAssignment", assignment.name)
                self._restart_all()
                return
        raise LookupError(f"nobody has given {role} to the linked account")

    def remove_linked_account(self) -> None:
        """Delete the account that our entry is linked to. Raises LookupError."""
        linked = self._entry().linked_account
        users = self.domain.directory.find(User)
        account = next((user for user in users if user.guid == linked), None)
        if account is None:
            raise LookupError("our entry has no linked account")
        self.domain.directory.delete(account)
        self._by_hand("Remove-ADUser", account.name)
        self._restart_all()

    def roll_lync_certificate(self) -> str:
        """Set-CsCertificate -Roll: the next certificate is published; its thumbprint."""
        state = self.domain.cms.state
        assert state.certificate is not None, "a stock deployment has one"
        now = self.domain.clock.now()
        made = self.domain.authority.issue_signing(f"{names.DOMAIN}-{secrets.token_hex(2)}")
        self.domain.lync_certificates[made.thumbprint] = made
        rolled = TokenCertificate(
            made, now + _ROLLOVER, previous=state.certificate.signing(now), updated_at=now
        )
        self._set_lync_certificate(rolled)
        return made.thumbprint

    def activate_rolled_certificate(self) -> None:
        """The effective date has come: Lync signs with the next certificate."""
        certificate = self.domain.cms.state.certificate
        assert certificate is not None, "a stock deployment has one"
        self._set_lync_certificate(replace(certificate, effective_at=self.domain.clock.now()))

    def roll_exchange_certificate(self) -> str:
        """Set-AuthConfig with a new certificate, published at once; its thumbprint."""
        made = self.domain.authority.issue_signing("Microsoft Exchange Server Auth Certificate")
        self.domain.exchange_certificates[made.thumbprint] = made
        old = self.domain.directory.find(AuthConfig)[0].current_thumbprint
        self.domain.change_auth_config(current_thumbprint=made.thumbprint, previous_thumbprint=old)
        self._by_hand("Set-AuthConfig", made.thumbprint)
        return made.thumbprint

    def remove_lync_entry(self, identity: str = "Exchange") -> None:
        """Remove-CsPartnerApplication."""
        self.domain.cms.change(lambda state: without_application(state, identity))
        self._by_hand("Remove-CsPartnerApplication", identity)

    def lower_lync_trust(self, identity: str = "Exchange", level: str = "User") -> None:
        """Set-CsPartnerApplication -ApplicationTrustLevel. Raises KeyError for no such entry."""
        entry = self.domain.cms.state.applications[identity.casefold()]
        changed = replace(entry, trust_level=level)
        self.domain.cms.change(lambda state: with_application(state, changed))
        self._by_hand("Set-CsPartnerApplication", identity)

    def iisreset(self, host: str) -> int:
        """Restart IIS on a machine; the exit code. Raises KeyError for an unknown host."""
        machine = self.domain.machines[host]
        text = self.domain.switches[Name.IISRESET_TEXT]
        answer = iisreset.run(iisreset.read([]), machine, text)
        self._by_hand("iisreset", host, WriteKind.RESTART)
        self.domain.load_running()
        return answer.exit_code

    def change_password(self, user: str) -> str:
        """Give an administrator a new random password, and return it. Raises LookupError."""
        password = f"New-{secrets.token_urlsafe(12)}-'$(y)\"ö"
        self.domain.accounts.change_password(user, password)
        return password

    def set_standing(self, user: str, standing: Standing) -> None:
        """Disable an account, let it expire, unlock it (GOOD): what may keep a right password from a logon.

        Raises LookupError.
        """
        self.domain.accounts.set_standing(user, standing)

    def _entry(self) -> PartnerApplication:
        """The entry for Lync on the premises. Raises LookupError."""
        for entry in self.domain.directory.find(PartnerApplication):
            if entry.application_identifier == names.LYNC_ID and not entry.use_auth_server:
                return entry
        raise LookupError("Exchange has no entry for Lync")

    def _change_entry(
        self, what: str, change: Callable[[PartnerApplication], PartnerApplication]
    ) -> None:
        entry = self._entry()
        now = self.domain.clock.now()
        self.domain.directory.write(replace(change(entry), when_changed=now))
        self._by_hand("Set-PartnerApplication", f"{entry.name}: {what}")
        self._restart_all()

    def _set_lync_certificate(self, certificate: TokenCertificate) -> None:
        self.domain.cms.change(lambda state: replace(state, certificate=certificate))
        self.domain.cms.settle()
        self._by_hand("Set-CsCertificate", certificate.current.thumbprint)

    def _restart_all(self) -> None:
        for machine in self.domain.exchange_machines():
            if machine.up:
                self.iisreset(machine.fqdn)

    def _by_hand(self, what: str, target: str, kind: WriteKind = WriteKind.CONFIGURATION) -> None:
        now = self.domain.clock.now()
        self.domain.ledger.wrote(Write(now, target, PERSON, what, target, kind))
