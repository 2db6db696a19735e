"""What the bench asks of any supervisor: a folder, workloads in it, and a few commands."""

import os
import select
import shutil
import signal
import subprocess
import tempfile
import time

from . import processes

PATIENCE = 60
HERE = os.path.dirname(os.path.abspath(__file__))


class NotThere(Exception):
    """A peer that can't be measured here; the text says why."""


class Item:
    """A workload: its name, what it does (see load.c), the seconds it may take to stop, and whether its output is kept."""

    def __init__(self, name, mode=("idle",), limit=10, logged=False):
        self.name = name
        self.mode = list(mode)
        self.limit = limit
        self.logged = logged


def items(count, *mode, limit=10, logged=False):
    return [Item(f"w{number}", mode or ("idle",), limit, logged) for number in range(count)]


def compile_c(name, output):
    subprocess.run(["cc", "-O2", "-static", "-o", output, os.path.join(HERE, name)], check=True)


class Peer:
    title = ""
    keeps_logs = True

    def __init__(self, workloads):
        self.folder = tempfile.mkdtemp(prefix="mctl-bench-")
        self.load = os.path.join(self.folder, "load")
        self.starts = os.path.join(self.folder, "starts")
        self.items = workloads
        self.process = None
        self.children = []
        try:
            compile_c("load.c", self.load)
            self.configure()
        except BaseException:
            shutil.rmtree(self.folder, ignore_errors=True)
            raise

    # What each peer does in its own way.

    @classmethod
    def install(cls):
        """Raises NotThere where it can't be had."""

    def configure(self):
        for item in self.items:
            self.define(item)

    def define(self, item):
        raise NotImplementedError

    def command(self):
        """What is run in the foreground."""
        raise NotImplementedError

    def stop(self, names):
        """A command that ends workloads, and may return before they have gone."""
        raise NotImplementedError

    def reload(self):
        """Called after `define` of a new one."""
        raise NotImplementedError

    def log_files(self, item):
        """Oldest first."""
        raise NotImplementedError

    # What is the same for all.

    def path(self, *names):
        return os.path.join(self.folder, *names)

    def write(self, text, *names, mode=0o644):
        path = self.path(*names)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(path, mode)

    def words(self, item):
        return [self.load, item.name, self.starts, *item.mode]

    def environment(self):
        return {"PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin", "HOME": self.folder}

    def spawn(self, words):
        with open(self.path("output"), "ab") as output:
            child = subprocess.Popen(words, cwd=self.folder, env=self.environment(), stdin=subprocess.DEVNULL,
                                     stdout=output, stderr=output, start_new_session=True)
        self.children.append(child)
        return child

    def up(self):
        self.process = self.spawn(self.command())
        return self

    def begin(self):
        """Starts all; seconds until the last of them ran."""
        begun = time.monotonic_ns()
        self.up()
        return (max(start[2] for start in self.wait_for(len(self.items))) - begun) / 1e9

    def noted(self):
        """(name, pid, ns) of each start so far."""
        lines = processes.read(self.starts).decode().splitlines(keepends=True)
        return [(words[0], int(words[1]), int(words[2])) for words in
                (line.split() for line in lines if line.endswith("\n"))]

    def wait_for(self, count, wanted=lambda start: True, patience=PATIENCE):
        deadline = time.monotonic() + patience
        while True:
            found = [start for start in self.noted() if wanted(start)]
            if len(found) >= count:
                return found
            if time.monotonic() > deadline:
                raise NotThere(f"{len(found)} of {count} after {patience} s")
            time.sleep(0.002)

    def is_workload(self, pid):
        return processes.link(f"/proc/{pid}/exe") == self.load

    def workloads(self):
        """(name, pid) of those that live, whoever runs them."""
        found = [pid for pid in processes.of_folder(self.folder) if self.is_workload(pid)]
        names = {pid: name for name, pid, _ in self.noted() if not name.endswith("!")}
        return [(names.get(pid, "?"), pid) for pid in found]

    def own(self):
        """The processes of the supervisor: all that is no workload."""
        return [pid for pid in processes.of_folder(self.folder) if not self.is_workload(pid)]

    def seconds_to_stop(self, names):
        """From the command until the last process is gone."""
        pids = [pid for name, pid in self.workloads() if name in names]
        assert len(pids) == len(names), f"{len(pids)} of {len(names)} run"
        handles = {os.pidfd_open(pid) for pid in pids}
        poll = select.poll()
        for handle in handles:
            poll.register(handle, select.POLLIN)
        begun = time.monotonic()
        command = self.stop(names)
        while handles and time.monotonic() - begun < PATIENCE:
            for handle, _ in poll.poll(1000):
                poll.unregister(handle)
                handles.discard(handle)
                os.close(handle)
        taken = time.monotonic() - begun
        for handle in handles:
            os.close(handle)
        if command is not None:
            try:
                command.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                command.kill()
        if handles:
            raise NotThere(f"{len(handles)} still run after {PATIENCE} s")
        return taken

    def kill(self, pids):
        for pid in pids:
            processes.end(pid, self.folder)
        deadline = time.monotonic() + 10
        for child in self.children:
            child.poll()
        while any(processes.is_alive(pid) for pid in pids) and time.monotonic() < deadline:
            time.sleep(0.005)

    def remove(self):
        processes.end_all(self.folder, self.is_workload)
        for child in self.children:
            try:
                child.wait(10)
            except subprocess.TimeoutExpired:
                pass
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.remove()


def rotated(path, count):
    """path.count … path.1, path: those that are there."""
    return [name for name in [f"{path}.{index}" for index in range(count, 0, -1)] + [path] if os.path.exists(name)]


def terminate(process):
    if process and process.poll() is None:
        process.send_signal(signal.SIGTERM)
