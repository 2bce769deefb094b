"""Run a command with settings that let Django be imported; nothing is connected to."""

import os
import subprocess
import sys

SETTINGS = {
    "SECRET_KEY": "only to import the code: nothing is signed with this",
    "PUBLIC_URL": "https://texting.alder.example",
    # Port 1: a command that connects after all fails at once.
    "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none",
}

sys.exit(subprocess.run(sys.argv[1:], env={**os.environ, **SETTINGS}).returncode)
