"""runit: runsvdir, a runsv for each service, and svlogd where output is kept."""

import os
import shlex

from .debian import need
from .peer import Peer
from .scan import scanned


class Runit(Peer):
    title = "runit"

    @classmethod
    def install(cls):
        need("runit", "runsvdir", "runsv", "sv", "svlogd")

    def configure(self):
        # So that a folder with no service in it is there, too.
        self.write("", "service", ".keep")
        super().configure()

    def define(self, item):
        folder = ("service" if not self.process else "new", item.name)
        self.write(f"#!/bin/sh\nexec 2>&1\nexec {shlex.join(self.words(item))}\n", *folder, "run", mode=0o755)
        if item.logged:
            self.write("s10000000\nn5\n", "log-" + item.name, "config")
            self.write(f"#!/bin/sh\nexec svlogd -b 65536 {self.path('log-' + item.name)}\n", *folder, "log", "run",
                       mode=0o755)

    def command(self):
        return ["runsvdir", "-P", self.path("service")]

    def stop(self, names):
        limit = max(item.limit for item in self.items)
        return self.spawn(["sv", "-w", str(limit), "force-stop", *(self.path("service", name) for name in names)])

    def reload(self):
        """It looks by itself, every five seconds."""
        scanned(self, "service")

    def log_files(self, item):
        return sorted_logs(self.path("log-" + item.name))


def sorted_logs(folder):
    """Old files are named by the time they were closed; `current` is the newest."""
    names = os.listdir(folder) if os.path.isdir(folder) else []
    old = sorted(name for name in names if name.startswith("@"))
    return [os.path.join(folder, name) for name in old + ["current"] if name in names]
