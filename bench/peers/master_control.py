"""Ours, as it is installed: the fleet off, one file a workload, logs kept."""

import json
import os
import subprocess

from .peer import PATIENCE, Peer, rotated

PROGRAM = os.path.abspath(".build/release/master-control")


class MasterControl(Peer):
    title = "master-control"

    def configure(self):
        self.write("fleet:\n  enabled: false\n", "configs", "daemon.yaml")
        super().configure()

    def define(self, item):
        self.write(json.dumps({"name": item.name, "command": self.words(item), "restart_delay": 0,
                               "stop_timeout": item.limit}) + "\n", "configs", item.name + ".yaml")

    def environment(self):
        return {**super().environment(), "MCTL_SOCKET_PATH": self.path("s")}

    def command(self):
        return [PROGRAM, "up"]

    def stop(self, names):
        return self.spawn([PROGRAM, "stop", *names])

    def reload(self):
        return self.spawn([PROGRAM, "reload"])

    def log_files(self, item):
        return rotated(self.path("logs", item.name + ".log"), 5)

    def supervised(self):
        """name: pid of all that it says are running."""
        answer = subprocess.run([PROGRAM, "list", "--json"], cwd=self.folder, env=self.environment(),
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                                timeout=PATIENCE, check=False)
        if answer.returncode != 0:
            return {}
        return {w["name"]: w["pid"] for w in json.loads(answer.stdout)["workloads"] if w["status"] == "running"}
