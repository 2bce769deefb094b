"""Make sure there are nginx and systemd-analyze for the tests of deploy/, or say loudly
what will not be tested. Neither is started.
"""

import os
import shutil
import subprocess
import sys

# By the Debian package that brings it.
WANTED = {
    "nginx": ("nginx-light", "deploy/nginx"),
    "systemd-analyze": ("systemd", "deploy/systemd"),
}
WHERE = os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin"))


def main() -> None:
    missing = [name for name in WANTED if not shutil.which(name, path=WHERE)]
    if not missing:
        return
    print(f"Fetching {' and '.join(missing)} for the tests of deploy/ …", flush=True)
    _by_apt([WANTED[name][0] for name in missing])
    for name in missing:
        if not shutil.which(name, path=WHERE):
            package, what = WANTED[name]
            print(
                f"NOT TESTED: {what}. No {name} could be fetched; install it (Debian:"
                f" apt-get install {package}).",
                file=sys.stderr,
            )


def _by_apt(packages: list[str]) -> None:
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return
    # In runlevel 1 the packages' scripts start no service.
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}
    for arguments in (
        ["update", "-q"],
        ["install", "-q", "-y", "--no-install-recommends", *packages],
    ):
        subprocess.run(["apt-get", *arguments], env=quiet, stdout=subprocess.DEVNULL)


main()
