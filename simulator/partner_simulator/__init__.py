"""Plays a domain of Windows servers on loopback. Imports nothing of partner_operator."""
