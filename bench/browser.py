"""A headless Chromium that is told over WebDriver what to open, and what the kernel says of its processes."""

import http.client
import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time

from host import PATIENCE, TICK


def is_there():
    return all(shutil.which(program) for program in ("chromium", "chromedriver"))


class Browser:
    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="mctl-bench-")
        log = os.path.join(self.folder, "chromedriver.log")
        environment = {"PATH": os.environ["PATH"], "HOME": self.folder, "TMPDIR": self.folder}
        with open(log, "w", encoding="utf-8") as output:
            self.driver = subprocess.Popen(["chromedriver", "--port=0"], env=environment, cwd=self.folder,
                                           stdin=subprocess.DEVNULL, stdout=output, stderr=output)
        self.http = http.client.HTTPConnection("127.0.0.1", self._port(log), timeout=PATIENCE)
        words = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                 "--disable-background-networking", "--window-size=1400,900"]
        wishes = {"capabilities": {"alwaysMatch": {"goog:chromeOptions": {"args": words}}}}
        self.path = "/session"
        self.path += "/" + self._send("POST", "", wishes)["sessionId"]

    def _port(self, log):
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            with open(log, encoding="utf-8") as file:
                found = re.search(r"successfully on port (\d+)", file.read())
            if found:
                return int(found[1])
            time.sleep(0.05)
        raise RuntimeError("chromedriver does not tell its port")

    def _send(self, method, path, body=None):
        self.http.request(method, self.path + path, json.dumps(body) if body is not None else None)
        value = json.loads(self.http.getresponse().read())["value"]
        if isinstance(value, dict) and "error" in value:
            raise RuntimeError(value["message"])
        return value

    def open(self, address):
        self._send("POST", "/url", {"url": address})

    def run(self, script, *arguments):
        return self._send("POST", "/execute/sync", {"script": script, "args": list(arguments)})

    def until(self, expression):
        deadline = time.monotonic() + PATIENCE
        while not self.run(f"return Boolean({expression})"):
            if time.monotonic() > deadline:
                raise RuntimeError(f"the page never has it that {expression}")
            time.sleep(0.02)

    def cpu_seconds(self):
        """Of Chromium with all its processes."""
        parents, times = {}, {}
        for name in os.listdir("/proc"):
            if name.isdigit():
                try:
                    with open(f"/proc/{name}/stat", encoding="ascii", errors="replace") as file:
                        fields = file.read().rpartition(")")[2].split()
                except OSError:
                    continue
                parents[int(name)], times[int(name)] = int(fields[1]), int(fields[11]) + int(fields[12])

        def is_below(pid):
            while pid > 1:
                pid = parents.get(pid, 0)
                if pid == self.driver.pid:
                    return True
            return False

        return sum(spent for pid, spent in times.items() if is_below(pid)) / TICK

    def __enter__(self):
        return self

    def __exit__(self, *_):
        try:
            # Takes Chromium along.
            self._send("DELETE", "")
        finally:
            self.driver.send_signal(signal.SIGTERM)
            self.driver.wait(PATIENCE)
            shutil.rmtree(self.folder, ignore_errors=True)
