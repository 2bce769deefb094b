"""Make sure there is an xmlsec1 for the SAML identity provider of the tests, or say
loudly that its tests will be skipped.
"""

import os
import shutil
import subprocess
import sys


def main() -> None:
    if shutil.which("xmlsec1"):
        return
    print("Fetching xmlsec1 for the tests of SAML …", flush=True)
    if not _by_apt():
        print(
            "NOT TESTED: signing in by SAML. No xmlsec1 could be fetched; install it"
            " (Debian: apt-get install xmlsec1).",
            file=sys.stderr,
        )


def _by_apt() -> bool:
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return False
    silent = {
        "env": {**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
        "stdout": subprocess.DEVNULL,
    }
    subprocess.run(["apt-get", "update", "-q"], **silent)
    command = ["apt-get", "install", "-q", "-y", "--no-install-recommends", "xmlsec1"]
    return subprocess.run(command, **silent).returncode == 0


main()
