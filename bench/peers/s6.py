"""s6: s6-svscan, an s6-supervise for each service, and s6-log where output is kept."""

import shlex

from .debian import need
from .peer import Peer
from .runit import sorted_logs
from .scan import scanned


class S6(Peer):
    title = "s6"

    @classmethod
    def install(cls):
        need("s6", "s6-svscan", "s6-supervise", "s6-svc", "s6-svscanctl", "s6-log")

    def configure(self):
        self.write("", "service", ".keep")
        super().configure()

    def define(self, item):
        folder = ("service" if not self.process else "new", item.name)
        self.write(f"#!/bin/sh\nexec 2>&1\nexec {shlex.join(self.words(item))}\n", *folder, "run", mode=0o755)
        self.write(f"{int(item.limit * 1000)}\n", *folder, "timeout-kill")
        if item.logged:
            self.write(f"#!/bin/sh\nexec s6-log n5 s10000000 {self.path('log-' + item.name)}\n", *folder, "log", "run",
                       mode=0o755)

    def command(self):
        return ["s6-svscan", "-c", "1200", self.path("service")]

    def stop(self, names):
        folders = " ".join(shlex.quote(self.path("service", name)) for name in names)
        return self.spawn(["sh", "-c", f'for folder in {folders}; do s6-svc -d "$folder"; done'])

    def reload(self):
        scanned(self, "service")
        return self.spawn(["s6-svscanctl", "-a", self.path("service")])

    def log_files(self, item):
        return sorted_logs(self.path("log-" + item.name))
