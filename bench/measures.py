"""What is measured: each function returns figures by name. CPU time is the daemon's own, as the kernel counts it."""

import json
import os
import statistics
import subprocess
import time

from host import Connection, Host, Volley, dirty_kib, free_port, wait_for_port

TOKEN = "a-token-for-the-bench-only"


def central_yaml(port):
    return f"central:\n  enabled: true\n  host: 127.0.0.1\n  port: {port}\n  api_token: {TOKEN}\n"


def fleet_yaml(port, central=None, name="bench-client"):
    lines = ["fleet:", "  enabled: true", f"  client_name: {name}", "  api_host: 127.0.0.1", f"  api_port: {port}",
             f"  api_token: {TOKEN}"]
    if central:
        lines.append(f"  central_api_url: http://127.0.0.1:{central}")
    return "\n".join(lines) + "\n"


def workloads_yaml(items):
    return "workloads:\n" + "".join("  - " + json.dumps(item) + "\n" for item in items)


def heartbeat(client, sequence):
    workloads = [
        {"name": f"workload_{number}", "type": "agent", "run_mode": "forever", "status": "running",
         "pid": 1000 + number, "run_count": 1, "last_started": "2026-01-31T12:00:00.000Z", "last_error": None,
         "version": "1.3.0", "memory_limit_mb": 256, "cpu_nice": None, "last_stopped": None, "last_exit_code": None,
         "last_signal": None, "restarts": 0, "next_run": None, "rss_mb": 12.5 + sequence % 7, "cpu_percent": 1.5,
         "uptime_seconds": 100.0 + sequence}
        for number in range(5)]
    return json.dumps({
        "client_name": client, "timestamp": time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime()),
        "deployed_version": "1.3.0", "workloads": workloads,
        "system": {"cpu_percent": 12.5, "memory_used_mb": 400.0, "memory_total_mb": 1024.0, "disk_used_gb": 4.0,
                   "disk_total_gb": 32.0},
        "api_port": 9100, "boot_id": "boot-of-" + client, "sequence": sequence,
        "program_version": "0.1.0"})


def heartbeat_requests(clients, sequence):
    requests = []
    for client in range(clients):
        body = heartbeat(f"client-{client:04}", sequence).encode()
        head = (f"POST /api/heartbeat HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {TOKEN}\r\n"
                f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n")
        requests.append(head.encode() + body)
    return requests


def central(options):
    """Heartbeats of 1,000 clients over 16 connections, then the list of them all."""
    clients, connections = 1000, 16
    port = free_port()
    figures = {}
    with Host({"daemon.yaml": central_yaml(port)}) as host:
        host.up()
        wait_for_port(host, port)
        total = options.scale(20_000)
        with Volley(port, connections) as volley:
            volley.send(heartbeat_requests(clients, 1))
            rounds = [heartbeat_requests(clients, number) for number in range(2, 2 + max(1, total // clients))]
            before = host.cpu_seconds()
            for requests in rounds:
                volley.send(requests)
            # What was put off to the store belongs to it.
            time.sleep(1.5)
            figures["heartbeat_cpu_ms"] = (host.cpu_seconds() - before) * 1000 / (len(rounds) * clients)
            health = [f"GET /api/health HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()] * clients
            before = host.cpu_seconds()
            for _ in rounds:
                volley.send(health)
            figures["health_cpu_ms"] = (host.cpu_seconds() - before) * 1000 / (len(rounds) * clients)

        link = Connection(port, TOKEN)
        assert len(link.json("GET", "/api/fleet/clients")) == clients
        count = options.scale(300)
        times = []
        before = host.cpu_seconds()
        for _ in range(count):
            begun = time.perf_counter()
            link.request("GET", "/api/fleet/clients")
            times.append(time.perf_counter() - begun)
        figures["fleet_list_cpu_ms"] = (host.cpu_seconds() - before) * 1000 / count
        figures["fleet_list_p99_ms"] = sorted(times)[int(count * 0.99) - 1] * 1000
        figures["central_dirty_mb"] = host.dirty_kib() / 1024
    return figures


def forwarding(options):
    """A stop or start through the central and straight to the daemon, by turns."""
    central_port, port = free_port(), free_port()
    files = {"daemon.yaml": central_yaml(central_port) + fleet_yaml(port, central_port),
             "w.yaml": workloads_yaml([{"name": "idler", "command": ["sleep", "100000"]}])}
    with Host(files) as host:
        host.up()
        wait_for_port(host, central_port)
        through, straight = Connection(central_port, TOKEN), Connection(port, TOKEN)
        base = "/api/fleet/clients/bench-client/workloads/idler"
        deadline = time.monotonic() + 30
        while not any(c["name"] == "bench-client" and c["status"] == "online"
                      for c in through.json("GET", "/api/fleet/clients")):
            assert time.monotonic() < deadline, "the client does not report"
            time.sleep(0.01)
        samples = {"direct": [], "forwarded": []}
        for _ in range(options.scale(60)):
            for way, link, stop, start in (
                    ("direct", straight, "/api/stop/idler", "/api/start/idler"),
                    ("forwarded", through, base + "/stop", base + "/start")):
                for path in (stop, start):
                    begun = time.perf_counter()
                    assert link.json("POST", path)["success"]
                    samples[way].append((time.perf_counter() - begun) * 1000)
        direct, forwarded = (statistics.median(samples[way]) for way in ("direct", "forwarded"))
    return {"direct_ms": direct, "forwarded_ms": forwarded, "forwarding_added_ms": forwarded - direct}


def start_up(options):
    """From exec until the API answers, without workloads."""
    times = []
    for _ in range(options.scale(11)):
        port = free_port()
        with Host({"daemon.yaml": fleet_yaml(port)}) as host:
            host.up()
            times.append(wait_for_port(host, port) * 1000)
    return {"up_ms": statistics.median(times)}


def hundred(options):
    """A hundred sleeping workloads: until they run, what that takes, what they cost at rest."""
    count = 100
    sleepers = workloads_yaml(
        [{"name": f"sleeper-{n:03}", "command": ["sleep", "100000"]} for n in range(count)])
    central_port, port = free_port(), free_port()
    figures = {}
    forked, started = [], []
    with Host({"daemon.yaml": central_yaml(central_port)}) as control:
        control.up()
        wait_for_port(control, central_port)
        for turn in range(options.scale(5)):
            begun = time.perf_counter()
            children = [subprocess.Popen(["sleep", "100000"]) for _ in range(count)]
            forked.append(time.perf_counter() - begun)
            for child in children:
                child.kill()
            for child in children:
                child.wait()
            with Host({"daemon.yaml": fleet_yaml(port, central_port), "w.yaml": sleepers}) as host:
                begun = time.perf_counter()
                host.up()
                wait_for_port(host, port)
                link = Connection(port, TOKEN)
                while True:
                    running = [w for w in link.json("GET", "/api/list")["workloads"] if w["status"] == "running"]
                    if len(running) == count:
                        break
                    assert time.perf_counter() - begun < 60, f"only {len(running)} run"
                started.append(time.perf_counter() - begun)
                link.close()
                if turn == 0:
                    time.sleep(2)
                    figures["hundred_dirty_mb"] = host.dirty_kib() / 1024
                    keepers = host.keepers()
                    figures["keeper_dirty_kb"] = statistics.mean(dirty_kib(pid) for pid in keepers)
                    seconds = max(10, 60 * options.factor)
                    before = host.cpu_seconds()
                    time.sleep(seconds)
                    figures["hundred_rest_cpu_ms_a_minute"] = (host.cpu_seconds() - before) * 1000 * 60 / seconds
    figures["hundred_up_s"] = statistics.median(started)
    figures["hundred_fork_s"] = statistics.median(forked)
    figures["hundred_beyond_fork_s"] = figures["hundred_up_s"] - figures["hundred_fork_s"]
    return figures


def log_tail(options):
    """The last 100 lines of a log of 200 MB."""
    port = free_port()
    files = {"daemon.yaml": fleet_yaml(port),
             "w.yaml": workloads_yaml([{"name": "big", "enabled": False, "command": ["sleep", "1"], "log_max_mb": 500}])}
    with Host(files) as host:
        os.makedirs(os.path.join(host.folder, "logs"))
        line = b"2026-01-31T12:00:00 a line as an agent writes it, with some numbers: %010d %010d\n"
        with open(os.path.join(host.folder, "logs", "big.log"), "wb") as file:
            number = 0
            while file.tell() < 200 << 20:
                file.write(b"".join(line % (n, n) for n in range(number, number + 10_000)))
                number += 10_000
        host.up()
        wait_for_port(host, port)
        link = Connection(port, TOKEN)
        link.request("GET", "/api/logs/big?lines=100")
        before = host.dirty_kib()
        times = []
        for _ in range(options.scale(50)):
            begun = time.perf_counter()
            link.request("GET", "/api/logs/big?lines=100")
            times.append((time.perf_counter() - begun) * 1000)
        lines = link.json("GET", "/api/logs/big?lines=100")["lines"]
        assert len(lines) == 100 and lines[-1].endswith(f"{number - 1:010}"), lines[-1:]
        grown = host.dirty_kib() - before
    return {"tail_ms": statistics.median(times), "tail_growth_mb": max(0, grown) / 1024}


def crash(options):
    """From the death of a workload until the next one runs, beyond the delay that was asked for."""
    delay = 0.2
    count = options.scale(20)
    items = [{"name": f"crasher-{n}", "restart_delay": delay,
              "command": ["sh", "-c", f"echo >> started-{n}; exec sleep 100000"]} for n in range(count)]
    port = free_port()
    beyond = []
    with Host({"daemon.yaml": fleet_yaml(port), "w.yaml": workloads_yaml(items)}) as host:
        host.up()
        wait_for_port(host, port)
        link = Connection(port, TOKEN)

        def starts(n):
            """How often it has started, and when last: the file's own time, so that no clock of ours is in it."""
            try:
                status = os.stat(os.path.join(host.folder, f"started-{n}"))
            except OSError:
                return 0, 0
            return status.st_size, status.st_mtime_ns

        def wait(n, wanted):
            deadline = time.monotonic() + 30
            while starts(n)[0] < wanted:
                assert time.monotonic() < deadline, f"crasher-{n} did not start"
                time.sleep(0.01)

        for n in range(count):
            wait(n, 1)
            # Its file may be there before the daemon has heard of it.
            pid = None
            while pid is None:
                pid = link.json("GET", f"/api/status/crasher-{n}")["pid"]
            killed = time.time_ns()
            os.kill(pid, 9)
            wait(n, 2)
            beyond.append((starts(n)[1] - killed) / 1e6 - delay * 1000)
    return {"crash_beyond_delay_ms": statistics.median(beyond)}


ALL = {"central": central, "forwarding": forwarding, "start_up": start_up, "hundred": hundred, "log_tail": log_tail,
       "crash": crash}
