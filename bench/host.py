"""A daemon, with a central or without, in a folder of its own, and what the kernel says about it."""

import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time

PROGRAM = os.path.abspath(".build/release/master-control")
TICK = os.sysconf("SC_CLK_TCK")
PATIENCE = 60


class Host:
    """Runs `master-control up`; ends it, and only it, by pid."""

    def __init__(self, files):
        self.folder = tempfile.mkdtemp(prefix="mctl-bench-")
        for name, text in files.items():
            path = os.path.join(self.folder, "configs", name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
        self.process = None
        self.has_central = "central:\n" in files.get("daemon.yaml", "")

    def environment(self):
        return {"PATH": os.environ["PATH"], "HOME": self.folder, "MCTL_SOCKET_PATH": os.path.join(self.folder, "s")}

    def up(self):
        with open(os.path.join(self.folder, "up.out"), "w", encoding="utf-8") as output:
            self.process = subprocess.Popen(
                [PROGRAM, "up"], cwd=self.folder, env=self.environment(), stdin=subprocess.DEVNULL,
                stdout=output, stderr=output)
        return self

    def run(self, *arguments):
        return subprocess.run(
            [PROGRAM, *arguments], cwd=self.folder, env=self.environment(), stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=PATIENCE, check=False, text=True)

    def down(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def remove(self):
        self.down()
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.remove()

    @property
    def pid(self):
        return self.process.pid

    @property
    def central_pid(self):
        """The central is a process of its own, below a keeper of the daemon's."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            for keeper in children(self.pid, "mc-keeper"):
                for pid in children(keeper):
                    with open(f"/proc/{pid}/cmdline", encoding="utf-8", errors="replace") as file:
                        if file.read().split("\0")[1:2] == ["central"]:
                            return pid
            time.sleep(0.01)
        raise RuntimeError("there is no central")

    def cpu_seconds(self):
        """User and system time of all threads of the daemon itself, and of the central where there is one."""
        return cpu_seconds(self.pid) + (cpu_seconds(self.central_pid) if self.has_central else 0)

    def dirty_kib(self):
        """Of the central where there is one, otherwise of the daemon."""
        return dirty_kib(self.central_pid if self.has_central else self.pid)

    def kill(self):
        """Daemon and central at once, as a power cut would."""
        central = self.central_pid if self.has_central else None
        self.process.kill()
        self.process.wait()
        if central:
            os.kill(central, signal.SIGKILL)

    def keepers(self):
        """Processes between the daemon and its workloads: those of its children that are called so."""
        return children(self.pid, "mc-keeper")


def children(parent, called=None):
    found = []
    for name in os.listdir("/proc"):
        if not name.isdigit():
            continue
        try:
            with open(f"/proc/{name}/stat", encoding="ascii", errors="replace") as file:
                before, _, after = file.read().rpartition(")")
        except OSError:
            continue
        if int(after.split()[1]) == parent and (called is None or before.endswith(f"({called}")):
            found.append(int(name))
    return found


def cpu_seconds(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
        fields = file.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def dirty_kib(pid):
    total = 0
    with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as file:
        for line in file:
            if line.startswith(("Private_Dirty:", "Shared_Dirty:", "Swap:")):
                total += int(line.split()[1])
    return total


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Connection:
    """Keep-alive HTTP to one port, or to a Unix socket."""

    def __init__(self, port, token=None):
        self.http = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
        self.headers = {"Authorization": f"Bearer {token}"} if token else {}

    def request(self, method, path, body=None):
        headers = dict(self.headers)
        if body is not None:
            headers["Content-Type"] = "application/json"
        self.http.request(method, path, body=body, headers=headers)
        answer = self.http.getresponse()
        data = answer.read()
        if answer.status >= 400:
            raise RuntimeError(f"{method} {path}: {answer.status} {data[:300]!r}")
        return data

    def json(self, method, path, body=None):
        return json.loads(self.request(method, path, body))

    def close(self):
        self.http.close()


class Volley:
    """Requests that are ready made, over several connections at once: all are sent, then all answers are read.

    So the server is what is measured, and not how fast this program is.
    """

    def __init__(self, port, connections):
        self.sockets = [socket.create_connection(("127.0.0.1", port), PATIENCE) for _ in range(connections)]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for link in self.sockets:
            link.close()

    def send(self, requests):
        for begin in range(0, len(requests), len(self.sockets)):
            pairs = list(zip(self.sockets, requests[begin:begin + len(self.sockets)]))
            for link, request in pairs:
                link.sendall(request)
            for link, _ in pairs:
                self.read_answer(link)

    @staticmethod
    def read_answer(link):
        data = b""
        while b"\r\n\r\n" not in data:
            part = link.recv(65536)
            if not part:
                raise RuntimeError("the server closed a connection")
            data += part
        head, _, body = data.partition(b"\r\n\r\n")
        if b" 200 " not in head.split(b"\r\n", 1)[0]:
            raise RuntimeError(f"not accepted: {data[:300]!r}")
        length = next(int(line.split(b":")[1]) for line in head.split(b"\r\n")
                      if line.lower().startswith(b"content-length:"))
        while len(body) < length:
            body += link.recv(65536)


def wait_for_port(host, port, path="/api/health"):
    """Seconds until a GET is answered; looks every millisecond."""
    begun = time.perf_counter()
    while time.perf_counter() - begun < PATIENCE:
        if host.process.poll() is not None:
            with open(os.path.join(host.folder, "up.out"), encoding="utf-8") as output:
                raise RuntimeError("the daemon ended: " + output.read())
        try:
            connection = Connection(port)
            connection.request("GET", path)
            connection.close()
            return time.perf_counter() - begun
        except OSError:
            time.sleep(0.001)
    raise RuntimeError(f"no answer on port {port}")
