"""Programs from Debian, installed where they are missing. No service of theirs is started."""

import os
import shutil
import subprocess

from .peer import NotThere

POLICY = "/usr/sbin/policy-rc.d"


def need(package, *programs):
    missing = [program for program in programs if not shutil.which(program)]
    if not missing:
        return
    if not shutil.which("apt-get"):
        raise NotThere(f"no {missing[0]} here, and no apt-get to install it with")
    root = [] if os.geteuid() == 0 else ["sudo", "-n"]
    environment = root + ["env", "DEBIAN_FRONTEND=noninteractive"]
    apt = environment + ["apt-get", "-qq", "-o", "DPkg::Lock::Timeout=300"]
    forbid = not os.path.exists(POLICY)
    try:
        if forbid:
            run(root + ["sh", "-c", f"printf '#!/bin/sh\\nexit 101\\n' >{POLICY} && chmod 755 {POLICY}"])
        install = apt + ["install", "-y", "--no-install-recommends", package]
        if run(install) != 0:
            run(apt + ["update"])
            run(install)
    finally:
        if forbid:
            run(root + ["rm", "-f", POLICY])
    if not all(shutil.which(program) for program in programs):
        raise NotThere(f"package {package} could not be installed")


def run(words):
    try:
        return subprocess.run(words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                              timeout=600, check=False).returncode
    except (OSError, subprocess.TimeoutExpired):
        return 1
