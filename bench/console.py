"""What mc-console costs and how fast it is, on a pty, with 1,000 simulated clients; htop on the same kind of pty."""

import fcntl
import os
import re
import shutil
import signal
import struct
import termios
import threading
import time

from host import PATIENCE, TICK, Connection, Host, dirty_kib, free_port, wait_for_port
from live import Simulation, percentile, writer
from measures import TOKEN, central_yaml

PROGRAM = os.path.abspath(".build/release/mc-console")
ROWS, COLUMNS = 30, 100


class Screen(threading.Thread):
    """A program on a pty of its own; keeps when how much came. Ended by pid."""

    def __init__(self, arguments, folder):
        super().__init__(daemon=True)
        self.lock = threading.Condition()
        self.parts = []
        self.text = b""
        self.begun = time.monotonic()
        self.pid, self.master = os.forkpty()
        if self.pid == 0:
            try:
                fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
                os.execvpe(arguments[0], arguments, {
                    "PATH": os.environ["PATH"], "HOME": folder, "TERM": "xterm-256color", "LC_ALL": "C.UTF-8",
                    "MCTL_API_TOKEN": TOKEN})
            finally:
                os._exit(127)
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        self.start()

    def run(self):
        while True:
            try:
                part = os.read(self.master, 65536)
            except OSError:
                return
            if not part:
                return
            with self.lock:
                self.parts.append((time.monotonic(), len(part)))
                self.text = (self.text + part)[-1 << 20:]
                self.lock.notify_all()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        os.kill(self.pid, signal.SIGTERM)
        os.waitpid(self.pid, 0)
        os.close(self.master)

    def until(self, pattern, seconds=PATIENCE):
        """When it first stood in what came, in seconds from the start."""
        deadline = time.monotonic() + seconds
        with self.lock:
            while not re.search(pattern, self.text):
                if not self.lock.wait(max(0, deadline - time.monotonic())):
                    raise RuntimeError(f"{pattern!r} did not come: {self.text[-2000:]!r}")
            return self.parts[-1][0] - self.begun

    def bytes_between(self, start, end):
        with self.lock:
            return sum(count for at, count in self.parts if start <= at < end)

    def bytes_in(self, seconds):
        start = time.monotonic()
        time.sleep(seconds)
        return self.bytes_between(start, start + seconds)

    def press(self, key, wait=0.3):
        """Seconds until the first byte came of it, and how many came."""
        start = time.monotonic()
        with self.lock:
            known = len(self.parts)
        os.write(self.master, key)
        with self.lock:
            while len(self.parts) == known:
                if not self.lock.wait(wait):
                    return None, 0
            first = self.parts[known][0]
        time.sleep(wait / 3)
        return first - start, self.bytes_between(start, time.monotonic())

    def cpu_seconds(self):
        with open(f"/proc/{self.pid}/stat", encoding="ascii", errors="replace") as file:
            fields = file.read().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICK

    def cpu_percent(self, seconds):
        before, begun = self.cpu_seconds(), time.monotonic()
        time.sleep(seconds)
        return (self.cpu_seconds() - before) / (time.monotonic() - begun) * 100


def off_the_tick(screen):
    """Waits until the clock has just ticked, so that its bytes are not counted with others."""
    with screen.lock:
        known = len(screen.parts)
        screen.lock.wait_for(lambda: len(screen.parts) > known, 2)
    time.sleep(0.15)


def console(port, folder):
    return Screen([PROGRAM, "--central", f"http://127.0.0.1:{port}"], folder)


def run(options):
    return {**starts(options), **busy(options), **flood(options), **htop(options)}


def starts(options):
    """A fleet that says nothing: start, keys, bytes, and the CPU of doing nothing."""
    port = free_port()
    figures = {}
    yaml = central_yaml(port) + "  stale_threshold_seconds: 3000\n"
    with Host({"daemon.yaml": yaml}) as host:
        host.up()
        wait_for_port(host, port)
        link = Connection(port, TOKEN)
        with Simulation(host, port, 1000, "--interval", "1800", "--crashes", "0") as simulation:
            simulation.until_online(link)
            first, live = [], []
            for _ in range(options.scale(10)):
                with console(port, host.folder) as screen:
                    first.append(screen.until(rb"help") * 1000)
                    live.append(screen.until(rb"clients 1000:") * 1000)
            figures["console_first_frame_ms"] = percentile(first, 0.5)
            figures["console_live_ms"] = percentile(live, 0.5)
            with console(port, host.folder) as screen:
                screen.until(rb"clients 1000:")
                # Until the simulated clients have settled.
                time.sleep(5)
                figures["console_dirty_mb"] = dirty_kib(screen.pid) / 1024
                waits, moves = [], []
                for number in range(options.scale(300)):
                    took, count = screen.press(b"j" if number % 40 < 20 else b"k", wait=0.12)
                    if took is not None:
                        waits.append(took * 1000)
                        moves.append(count)
                figures["console_key_median_ms"] = percentile(waits, 0.5)
                figures["console_key_p99_ms"] = percentile(waits, 0.99)
                figures["console_cursor_bytes"] = percentile(moves, 0.5)
                off_the_tick(screen)
                figures["console_repaint_bytes"] = screen.press(b"\x0c", wait=0.9)[1]
                figures["console_idle_cpu_percent"] = screen.cpu_percent(max(20, options.scale(60)))
                screen.press(b"?", wait=0.9)
                seconds = max(5, options.scale(20))
                figures["console_tick_bytes"] = screen.bytes_in(seconds) / seconds
                # All workloads, where a change is one row and nothing else.
                screen.press(b"2", wait=0.9)
                screen.until(rb"backup")
                # The first of the list is on the screen. The connection from before was closed as idle.
                link = Connection(port, TOKEN)
                name = min(client["name"] for client in link.json("GET", "/api/fleet/clients"))
                rows = []
                for number in range(options.scale(20)):
                    off_the_tick(screen)
                    start = time.monotonic()
                    action = "stop" if number % 2 == 0 else "start"
                    link.json("POST", f"/api/fleet/clients/{name}/workloads/camera/{action}")
                    time.sleep(0.5)
                    rows.append(screen.bytes_between(start, start + 0.5))
                figures["console_row_bytes"] = percentile([count for count in rows if count], 0.5)
    return figures


def busy(options):
    """50 reports a second, each of which changes a row."""
    port = free_port()
    with Host({"daemon.yaml": central_yaml(port)}) as host:
        host.up()
        wait_for_port(host, port)
        link = Connection(port, TOKEN)
        with Simulation(host, port, 1000, "--interval", "20", "--crashes", "0") as simulation:
            simulation.until_online(link)
            with console(port, host.folder) as screen:
                screen.until(rb"clients 1000:")
                time.sleep(3)
                seconds = max(20, options.scale(60))
                start = time.monotonic()
                cpu = screen.cpu_percent(seconds)
                return {"console_busy_cpu_percent": cpu,
                        "console_busy_bytes_a_second": screen.bytes_between(start, start + seconds) / seconds}


def flood(options):
    """A log of 5,000 lines a second."""
    central_port, port = free_port(), free_port()
    one = writer(port, central_port)
    with Host({"daemon.yaml": central_yaml(central_port)}) as central, Host(one) as host:
        central.up()
        wait_for_port(central, central_port)
        host.up()
        wait_for_port(host, port)
        with console(central_port, host.folder) as screen:
            screen.until(rb"bench-client")
            screen.press(b"\r")
            screen.until(rb"writer")
            screen.press(b"\r")
            screen.until(rb"FOLLOW")
            time.sleep(2)
            seconds = max(5, options.scale(20))
            start = time.monotonic()
            cpu = screen.cpu_percent(seconds)
            count = screen.bytes_between(start, start + seconds)
            with open(os.path.join(host.folder, "logs", "writer.log"), "rb") as file:
                file.seek(-4096, os.SEEK_END)
                written = int(re.findall(rb"line (\d+) of", file.read())[-1])
            # Only what changed of a number is sent: a whole picture says which line is shown.
            screen.text = b""
            screen.press(b"\x0c", wait=0.6)
            shown = max(int(number) for number in re.findall(rb"line (\d+) of", screen.text))
            return {"console_flood_bytes_a_second": count / seconds, "console_flood_cpu_percent": cpu,
                    "console_flood_behind_lines": max(0, written - shown)}


def htop(options):
    """Looks at this machine, every 1.5 s; ours at a fleet, every second: the same pty, not the same work."""
    program = shutil.which("htop")
    if program is None:
        return {}
    with Screen([program], "/nonexistent") as screen:
        screen.until(rb"PID")
        time.sleep(2)
        seconds = max(10, options.scale(30))
        start = time.monotonic()
        cpu = screen.cpu_percent(seconds)
        return {"htop_cpu_percent": cpu,
                "htop_bytes_a_second": screen.bytes_between(start, start + seconds) / seconds}
