"""One remote PowerShell run over WS-Management: bytes in, checked answer out. Imports nothing of ours."""
