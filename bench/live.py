"""How fast what happens on a host is on everybody's screen, and what a fleet costs its central."""

import http.client
import json
import os
import resource
import select
import signal
import socket
import statistics
import subprocess
import threading
import time

from host import PATIENCE, PROGRAM, Connection, Host, Volley, free_port, wait_for_port
from measures import TOKEN, central_yaml, fleet_yaml, heartbeat, workloads_yaml


class Reader(threading.Thread):
    """Reads an event stream and keeps what `wanted` makes of each event, with the time of its arrival."""

    def __init__(self, port, path="/api/fleet/events", wanted=lambda event, data: data):
        super().__init__(daemon=True)
        self.link = open_stream(port, path)
        self.wanted = wanted
        self.seen = []
        self.begun = threading.Event()
        self.start()

    def run(self):
        event = None
        answer = http.client.HTTPResponse(self.link)
        answer.begin()
        for line in answer:
            if line.startswith(b"event: "):
                event = line[7:-1]
            elif line.startswith(b"data: "):
                found = self.wanted(event, line[6:-1])
                if found is not None:
                    self.seen.append((time.time(), found))
                event = None
                self.begun.set()

    def close(self):
        self.link.shutdown(socket.SHUT_RDWR)
        self.link.close()
        self.join(PATIENCE)


class Sink(threading.Thread):
    """Readers that take whatever comes and look at nothing, so that this program is not what is measured."""

    def __init__(self, port, count):
        super().__init__(daemon=True)
        self.links = [open_stream(port, "/api/fleet/events") for _ in range(count)]
        self.ending = False
        self.start()

    def run(self):
        while not self.ending:
            ready, _, _ = select.select(self.links, [], [], 0.2)
            for link in ready:
                link.recv(1 << 20)

    def close(self):
        self.ending = True
        self.join(PATIENCE)
        for link in self.links:
            link.close()


def open_stream(port, path):
    link = socket.create_connection(("127.0.0.1", port), PATIENCE)
    link.settimeout(None)
    link.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {TOKEN}\r\n\r\n".encode())
    return link


class Simulation:
    """`master-control simulate` against a central of ours."""

    def __init__(self, host, port, clients, *options):
        token = os.path.join(host.folder, "token")
        with open(os.open(token, os.O_CREAT | os.O_WRONLY, 0o600), "w", encoding="ascii") as file:
            file.write(TOKEN)
        self.clients = clients
        self.output = open(os.path.join(host.folder, "simulation.out"), "w+", encoding="utf-8")
        self.process = subprocess.Popen(
            [PROGRAM, "simulate", "--clients", str(clients), "--central", f"http://127.0.0.1:{port}",
             "--token-file", token, *options],
            cwd=host.folder, stdin=subprocess.DEVNULL, stdout=self.output, stderr=self.output)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.output.close()

    def until_online(self, link):
        deadline = time.monotonic() + 180
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                self.output.seek(0)
                raise RuntimeError("the simulation ended: " + self.output.read())
            if measure(link, 'master_control_fleet_clients{status="online"}') >= self.clients:
                return
            time.sleep(0.2)
        raise RuntimeError("not all simulated clients came online")


def measure(link, name):
    for line in link.request("GET", "/metrics").decode().splitlines():
        if line.startswith(name + " "):
            return float(line.rpartition(" ")[2])
    raise RuntimeError(f"no measure {name}")


def percentile(values, share):
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def crash_seen(options):
    """From a kill -9 of a workload until a reader of the central has it, with the next heartbeat far away."""
    central_port, port = free_port(), free_port()
    files = {"daemon.yaml": central_yaml(central_port) + fleet_yaml(port, central_port),
             # Many, as one that crashes again and again waits longer each time.
             "w.yaml": workloads_yaml([{"name": f"idler-{number}", "command": ["sleep", "100000"], "restart_delay": 0}
                                       for number in range(50)])}
    with Host(files) as host:
        host.up()
        wait_for_port(host, central_port)
        wait_for_port(host, port)

        def change(event, data):
            return json.loads(data)["workload"] if event == b"workload" else None

        reader = Reader(central_port, wanted=change)
        reader.begun.wait(PATIENCE)
        link = Connection(port, TOKEN)
        times = []
        for turn in range(options.scale(200)):
            name = f"idler-{turn % 50}"
            deadline = time.monotonic() + PATIENCE
            while True:
                workload = link.json("GET", f"/api/status/{name}")
                if workload["status"] == "running" and workload["pid"]:
                    break
                if time.monotonic() > deadline:
                    raise RuntimeError("the workload does not come back")
                time.sleep(0.02)
            # Apart from the report of the start before.
            time.sleep(0.2)
            count = len(reader.seen)

            def is_news(seen, name=name, pid=workload["pid"]):
                return seen["name"] == name and seen["pid"] != pid

            begun = time.time()
            os.kill(workload["pid"], signal.SIGKILL)
            while not any(is_news(seen) for _, seen in reader.seen[count:]):
                if time.time() - begun > PATIENCE:
                    raise RuntimeError("the crash was not shown")
                time.sleep(0.0005)
            times.append(next(at for at, seen in reader.seen[count:] if is_news(seen)) - begun)
        reader.close()
        return {"crash_seen_median_ms": statistics.median(times) * 1000,
                "crash_seen_p99_ms": percentile(times, 0.99) * 1000}


def thousand(options):
    """1,000 simulated clients at 30 s with one reader; then the central is killed and started under them."""
    port = free_port()
    figures = {}
    with Host({"daemon.yaml": central_yaml(port)}) as host:
        host.up()
        wait_for_port(host, port)
        link = Connection(port, TOKEN)
        with Simulation(host, port, 1000, "--crashes", "0.2") as simulation:
            simulation.until_online(link)
            sink = Sink(port, 1)
            seconds = options.scale(90)
            # The first heartbeats are all work of the start.
            time.sleep(5)
            before, begun = host.cpu_seconds(), time.monotonic()
            time.sleep(seconds)
            figures["thousand_cpu_percent"] = (host.cpu_seconds() - before) / (time.monotonic() - begun) * 100
            figures["thousand_dirty_mb"] = host.dirty_kib() / 1024
            sink.close()
            figures.update(restart(host, port))
    return figures


def restart(host, port):
    host.kill()
    time.sleep(3)
    host.up()
    wait_for_port(host, port)
    link = Connection(port, TOKEN)
    begun, rates, last, seen, all_after = time.monotonic(), [], 0.0, set(), None
    started = time.time()
    while time.monotonic() - begun < 45:
        time.sleep(1)
        count = measure(link, "master_control_heartbeat_duration_seconds_count")
        rates.append(count - last)
        last = count
        if all_after is None:
            for client in link.json("GET", "/api/fleet/clients"):
                if client["last_seen"] and parsed(client["last_seen"]) > started:
                    seen.add(client["name"])
            if len(seen) >= 1000:
                all_after = time.monotonic() - begun
    return {"restart_all_seen_s": all_after or float("inf"),
            "restart_burst_ratio": max(rates) / (1000 / 30)}


def parsed(timestamp):
    whole, _, rest = timestamp.rstrip("Z").partition(".")
    import calendar
    return calendar.timegm(time.strptime(whole, "%Y-%m-%dT%H:%M:%S")) + float("0." + (rest or "0"))


def ten_thousand(options):
    """10,000 simulated clients at 30 s with 10 readers: nobody stale, and how late changes are seen."""
    clients = options.scale(10_000)
    # A simulated client needs two: its port and its connection.
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    possible = (hard - 200) // 2
    if possible < clients:
        print(f"ten_thousand: {hard} open files are allowed to a process, so it is {possible} clients")
        clients = possible
    port = free_port()
    with Host({"daemon.yaml": central_yaml(port)}) as host:
        host.up()
        wait_for_port(host, port)
        link = Connection(port, TOKEN)
        with Simulation(host, port, clients, "--crashes", "10", "--log-lines", "0") as simulation:
            simulation.until_online(link)

            known = {}

            def change(event, data):
                if event == b"workload":
                    told = json.loads(data)
                    workload = told["workload"]
                    name = told["client"], workload["name"]
                    times = [parsed(workload[key]) for key in ("last_started", "last_stopped") if workload[key]]
                    last = known.get(name)
                    known[name] = newest = max(times, default=0)
                    # Not one of which only the measures are others, nor one that is seen for the first time.
                    return newest if last is not None and newest > last else None
                if event == b"client" and data.endswith(b'"status":"stale"}'):
                    return "stale"
                return None

            time.sleep(5)
            sink = Sink(port, 9)
            reader = Reader(port, wanted=change)
            reader.begun.wait(PATIENCE)
            seconds = 60 if options.factor == 1 else 20
            before, begun = host.cpu_seconds(), time.monotonic()
            time.sleep(seconds)
            cpu = (host.cpu_seconds() - before) / (time.monotonic() - begun) * 100
            late = [at - seen for at, seen in reader.seen if seen != "stale"]
            stale = sum(seen == "stale" for _, seen in reader.seen)
            memory = host.dirty_kib() / 1024
            reader.close()
            sink.close()
    return {"ten_thousand_stale": stale, "ten_thousand_change_p99_ms": percentile(late, 0.99) * 1000,
            "ten_thousand_change_median_ms": statistics.median(late) * 1000,
            "ten_thousand_cpu_percent": cpu, "ten_thousand_dirty_mb": memory, "ten_thousand_changes": len(late)}


def readers(options):
    """What each further reader costs the central for a change; and what one costs that never reads."""
    port = free_port()
    count = 40
    with Host({"daemon.yaml": central_yaml(port)}) as host:
        host.up()
        wait_for_port(host, port)
        clients = [f"client-{number:03}" for number in range(100)]
        sequence = 0

        def change_all(rounds):
            nonlocal sequence
            with Volley(port, 1) as volley:
                for _ in range(rounds):
                    for name in clients:
                        sequence += 1
                        body = heartbeat(name, sequence).replace('"run_count": 1', f'"run_count": {sequence}').encode()
                        head = (f"POST /api/heartbeat HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {TOKEN}\r\n"
                                f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n")
                        volley.send([head.encode() + body])
                        # Each change is written alone, and not together with the next one.
                        time.sleep(0.008)

        change_all(1)
        rounds = options.scale(10)
        used = []
        for number in (0, count):
            sink = Sink(port, number) if number else None
            time.sleep(0.5)
            before = host.cpu_seconds()
            change_all(rounds)
            used.append(host.cpu_seconds() - before)
            if sink:
                sink.close()
        deaf = [open_stream(port, "/api/fleet/events") for _ in range(20)]
        time.sleep(0.5)
        before = host.dirty_kib()
        with Volley(port, 8) as volley:
            for _ in range(options.scale(100)):
                requests = []
                for name in clients:
                    sequence += 1
                    body = heartbeat(name, sequence).replace('"run_count": 1', f'"run_count": {sequence}').encode()
                    head = (f"POST /api/heartbeat HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {TOKEN}\r\n"
                            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n")
                    requests.append(head.encode() + body)
                volley.send(requests)
        growth = host.dirty_kib() - before
        for link in deaf:
            link.close()
    changes = rounds * len(clients)
    return {"reader_cpu_us_a_change": (used[1] - used[0]) / (count * changes) * 1e6,
            "deaf_readers_growth_mb": growth / 1024}


def writer(port, central_port):
    """Files of a host whose workload `writer` writes 5,000 numbered lines a second."""
    script = ("import sys,time\nn=0\nbegun=time.time()\n"
              "while True:\n"
              "    due=int((time.time()-begun)*5000)\n"
              "    sys.stdout.write(''.join('line %d of a log as programs write them, with some text\\n' % i "
              "for i in range(n,due)))\n"
              "    sys.stdout.flush(); n=max(n,due); time.sleep(0.01)\n")
    return {"daemon.yaml": fleet_yaml(port, central_port), "writer.py": script,
            "w.yaml": workloads_yaml([{"name": "writer", "command": ["python3", "configs/writer.py"],
                                       "restart_delay": 0, "log_max_mb": 4}])}


def followed_log(options):
    """5,000 lines a second through the daemon and the central."""
    seconds = max(5, options.scale(20))
    central_port, port = free_port(), free_port()
    one = writer(port, central_port)
    with Host({"daemon.yaml": central_yaml(central_port)}) as central, Host(one) as host:
        central.up()
        wait_for_port(central, central_port)
        host.up()
        wait_for_port(host, port)
        time.sleep(2)
        idle = [central.cpu_seconds(), host.cpu_seconds()]
        time.sleep(seconds / 2)
        idle = [(central.cpu_seconds() - idle[0]) * 2, (host.cpu_seconds() - idle[1]) * 2]

        reader = Reader(central_port, "/api/fleet/clients/bench-client/workloads/writer/logs?lines=1&follow=true",
                        wanted=lambda event, data: int(data.split()[1]) if data.startswith(b"line ") else None)
        before = [central.cpu_seconds(), host.cpu_seconds()]
        time.sleep(seconds)
        after = [central.cpu_seconds(), host.cpu_seconds()]
        reader.close()
    numbers = [number for _, number in reader.seen]
    lost = sum(b - a - 1 for a, b in zip(numbers, numbers[1:]))
    cpu = sum(b - a - i for a, b, i in zip(before, after, idle)) / seconds * 100
    return {"followed_lines_a_second": len(numbers) / seconds, "followed_lost": lost, "followed_cpu_percent": cpu}
