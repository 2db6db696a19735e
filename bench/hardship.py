"""What outsiders and hosts that say all they can cost a central: its memory, and how long others wait."""

import http.client
import json
import os
import socket
import threading
import time

from host import Host, free_port, wait_for_port
from live import open_stream, percentile
from measures import TOKEN, central_yaml

CLIENTS, READERS, OUTSIDERS = 60, 200, 1100


def large_report(name, sequence):
    """A report of just under 4 MiB."""
    now = time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime())
    workloads = [{"name": f"workload-{number:04}", "type": "agent", "run_mode": "forever", "status": "running",
                  "run_count": sequence, "pid": 1000 + number, "last_started": now,
                  "last_error": f"{sequence:08}" + "e" * 610} for number in range(4900)]
    return json.dumps({"client_name": name, "timestamp": now, "workloads": workloads, "boot_id": name,
                       "sequence": sequence, "deployed_version": None}, separators=(",", ":")).encode()


def post(port, body, answers):
    link = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        link.request("POST", "/api/heartbeat", body, {"Authorization": f"Bearer {TOKEN}"})
        status = link.getresponse().status
    except OSError:
        status = 0
    link.close()
    answers[status] = answers.get(status, 0) + 1


def resident_kib(pid, field="VmRSS"):
    with open(f"/proc/{pid}/status", encoding="ascii") as file:
        return next(int(line.split()[1]) for line in file if line.startswith(field + ":"))


class Health(threading.Thread):
    """Asks over and over, each time on a new connection, as an operator's first look does."""

    def __init__(self, port):
        super().__init__(daemon=True)
        self.port, self.times, self.failures, self.ending = port, [], 0, False
        self.start()

    def run(self):
        while not self.ending:
            begun = time.perf_counter()
            link = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
            try:
                link.request("GET", "/api/health")
                assert link.getresponse().status == 200
            except (OSError, http.client.HTTPException, AssertionError):
                self.failures += 1
            link.close()
            self.times.append(time.perf_counter() - begun)
            time.sleep(0.01)


def hardship(options):
    """60 clients of 4 MiB, 200 readers that never read and 1,100 idle connections."""
    port = free_port()
    figures, answers = {}, {}
    with Host({"daemon.yaml": central_yaml(port)}) as host:
        host.up()
        wait_for_port(host, port)
        clients = options.scale(CLIENTS)
        bodies = {sequence: [large_report(f"client-{number:02}", sequence) for number in range(clients)]
                  for sequence in (1, 2)}
        held = []
        health = Health(port)
        for sequence in (1, 2):
            for number, body in enumerate(bodies[sequence]):
                post(port, body, answers)
                # As they come in the middle of everything, each asks for a snapshot of its own.
                for _ in range(READERS // CLIENTS // 2 + 1):
                    if len(held) < READERS:
                        held.append(open_stream(port, "/api/fleet/events"))
        while len(held) < READERS:
            held.append(open_stream(port, "/api/fleet/events"))
            time.sleep(0.02)
        for _ in range(OUTSIDERS):
            link = socket.socket()
            link.setblocking(False)
            link.connect_ex(("127.0.0.1", port))
            held.append(link)
        time.sleep(5)
        health.ending = True
        health.join(30)
        pid = host.central_pid
        figures["hardship_rss_mb"] = resident_kib(pid) / 1024
        figures["hardship_peak_rss_mb"] = resident_kib(pid, "VmHWM") / 1024
        figures["hardship_health_p50_ms"] = percentile(health.times, 0.5) * 1000
        figures["hardship_health_p99_ms"] = percentile(health.times, 0.99) * 1000
        figures["hardship_health_max_ms"] = max(health.times) * 1000
        figures["hardship_health_failures"] = health.failures
        figures["hardship_reports_refused"] = sum(count for status, count in answers.items() if status != 200)
        print(f"  answers to reports: {answers}; samples of health: {len(health.times)}", flush=True)
        for link in held:
            link.close()
        assert os.path.exists(f"/proc/{pid}"), "the central has ended"
    return figures
