"""iisreset.exe of a simulated machine, for callers that start it as a process of its own.

Linux cuts its exit code to eight bits; calls by PowerShell itself go another way and keep all 32.
"""

import json
import os
import socket
import sys

with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
    connection.connect(os.environ["PARTNER_SIMULATOR_SOCKET"])
    question = {
        "call": "system",
        "session": os.environ["PARTNER_SIMULATOR_SESSION"],
        "what": "iisreset",
        "arguments": {"arguments": sys.argv[1:]},
    }
    connection.sendall(json.dumps(question).encode() + b"\n")
    answer = json.loads(connection.makefile("rb").readline())
if "end" not in answer:
    sys.exit(str(answer))
sys.stdout.write(answer["end"]["output"].replace("\r\n", "\n"))
sys.exit(answer["end"]["exit_code"] & 0xFF)
