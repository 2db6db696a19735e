"""circus. Debian has no package of it, so it lies in a virtual environment in bench-results/."""

import os
import subprocess
import sys

from .peer import NotThere, Peer, rotated

HOME = os.path.abspath("bench-results/circus")
VERSION = "0.19.0"


class Circus(Peer):
    title = "circus"

    @classmethod
    def install(cls):
        if os.access(os.path.join(HOME, "bin", "circusd"), os.X_OK):
            return
        try:
            subprocess.run([sys.executable, "-m", "venv", HOME], check=True, capture_output=True, timeout=120)
            subprocess.run([os.path.join(HOME, "bin", "pip"), "-q", "install", "circus==" + VERSION], check=True,
                           capture_output=True, timeout=300)
        except (OSError, subprocess.SubprocessError) as error:
            raise NotThere("Debian has no package, and pip could not install it") from error

    def configure(self):
        self.write(f"""
[circus]
endpoint = ipc://{self.path("e")}
pubsub_endpoint = ipc://{self.path("p")}
stats_endpoint = ipc://{self.path("t")}
include = {self.path("watchers")}/*.ini
""", "circus.ini")
        super().configure()

    def define(self, item):
        stream = f"""
stdout_stream.class = FileStream
stdout_stream.filename = {self.path(item.name + ".log")}
stdout_stream.max_bytes = 10000000
stdout_stream.backup_count = 5
""" if item.logged else ""
        self.write(f"""
[watcher:{item.name}]
cmd = {" ".join(self.words(item))}
warmup_delay = 0
max_retry = -1
graceful_timeout = {item.limit}
{stream}""", "watchers", item.name + ".ini")

    def command(self):
        return [os.path.join(HOME, "bin", "circusd"), self.path("circus.ini")]

    def control(self, *words):
        return self.spawn([os.path.join(HOME, "bin", "circusctl"), "--endpoint", f"ipc://{self.path('e')}",
                           "--timeout", "60", *words])

    def stop(self, names):
        return self.control("stop", *(names if len(names) == 1 else []))

    def reload(self):
        return self.control("reloadconfig")

    def log_files(self, item):
        return rotated(self.path(item.name + ".log"), 5)
