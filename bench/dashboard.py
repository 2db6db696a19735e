"""What a page of the dashboard weighs and costs with 1,000 clients, and how soon it shows what happens on a host."""

import gzip
import http.client
import os
import random
import re
import signal
import sqlite3
import statistics
import time

import browser
from host import PATIENCE, Connection, Host, free_port, wait_for_port
from live import Simulation, percentile
from measures import TOKEN, central_yaml, fleet_yaml, workloads_yaml

CLIENTS = 1000


def run(options):
    central_port, port = free_port(), free_port()
    one = {"daemon.yaml": fleet_yaml(port, central_port),
           "w.yaml": workloads_yaml([{"name": f"idler-{number:02}", "command": ["sleep", "100000"],
                                      "restart_delay": 3600} for number in range(60)])}
    figures = {}
    with Host({"daemon.yaml": central_yaml(central_port)}) as central, Host(one) as host:
        central.up()
        wait_for_port(central, central_port)
        link = Connection(central_port, TOKEN)
        with Simulation(central, central_port, CLIENTS, "--crashes", "0", "--log-lines", "0") as simulation:
            simulation.until_online(link)
            give_history(central)
            wait_for_port(central, central_port)
            link = Connection(central_port, TOKEN)
            host.up()
            wait_for_port(host, port)
            simulation.clients += 1
            simulation.until_online(link)
            figures.update(weight(central_port))
            figures.update(server_time(central, central_port, options.scale(1000)))
            if not browser.is_there():
                print("dashboard: without chromium and chromedriver only what the server does is measured")
                return figures
            with browser.Browser() as chromium:
                pids = {workload["name"]: workload["pid"]
                        for workload in Connection(port, TOKEN).json("GET", "/api/list")["workloads"]}
                names = sorted(pids)
                rounds = min(30, options.scale(30))
                figures.update(seen(chromium, central_port, "/", "overview", [pids[name] for name in names[:rounds]]))
                figures.update(seen(chromium, central_port, "/clients/bench-client", "client",
                                    [pids[name] for name in names[30:30 + rounds]]))
                figures.update(idle(chromium, central, central_port, options.scale(60)))
    return figures


def give_history(central):
    """An hour of points that move as those of real hosts do, so that the page has lines to draw."""
    central.process.send_signal(signal.SIGTERM)
    central.process.wait(PATIENCE)
    dice = random.Random(1)
    database = sqlite3.connect(os.path.join(central.folder, "fleet.db"))
    names = [name for name, in database.execute("SELECT name FROM client")]
    rows = []
    for name in names:
        points = bytearray()
        for begin, step in ((dice.randint(2, 60), 8), (dice.randint(20, 80), 1), (dice.randint(20, 90), 0.05)):
            value = begin
            for _ in range(60):
                value = max(0, min(100, value + dice.gauss(0, step)))
                points.append(int(value))
        rows.append((name, int(time.time() * 1000), bytes(points)))
    database.execute("DELETE FROM history")
    database.executemany("INSERT INTO history (client, taken, points) VALUES (?, ?, ?)", rows)
    database.commit()
    database.close()
    central.up()


def get(link, path):
    """The bytes of a body as they came over the wire."""
    link.request("GET", path, headers={"Accept-Encoding": "gzip", "Accept": "text/html"})
    answer = link.getresponse()
    body = answer.read()
    if answer.status != 200:
        raise RuntimeError(f"{path}: {answer.status}")
    return body, answer.headers


def weight(port):
    link = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    page, headers = get(link, "/")
    if headers["Content-Encoding"] != "gzip":
        raise RuntimeError("the page is not compressed")
    text = gzip.decompress(page).decode()
    lines = text.count("<path d=")
    assets = sum(len(get(link, path)[0]) for path in sorted(set(re.findall(r"/assets/[^\"]+", text))))
    link.close()
    return {"dashboard_page_kb": len(page) / 1000, "dashboard_first_visit_kb": (len(page) + assets) / 1000,
            "dashboard_page_lines": lines}


def server_time(central, port, count):
    """From sending the request until the last byte, on a connection that is open."""
    link = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    for _ in range(20):
        get(link, "/")
    times = []
    before = central.cpu_seconds()
    for _ in range(count):
        begun = time.perf_counter()
        get(link, "/")
        times.append(time.perf_counter() - begun)
    cpu = central.cpu_seconds() - before
    link.close()
    return {"dashboard_page_median_ms": statistics.median(times) * 1000,
            "dashboard_page_p99_ms": percentile(times, 0.99) * 1000, "dashboard_page_cpu_ms": cpu / count * 1000}


# Keeps the moment at which there is first so much of something in the page.
WATCH = """
const [selector, pattern, count] = arguments;
const main = document.getElementById("main");
const look = () => {
  const found = [...main.querySelectorAll(selector)].filter(place => new RegExp(pattern).test(place.innerText));
  if (!window.seenAt && found.length >= count) window.seenAt = Date.now();
};
window.seenAt = 0;
window.watch?.disconnect();
window.watch = new MutationObserver(look);
window.watch.observe(main, { subtree: true, childList: true, characterData: true, attributes: true });
look();
return window.seenAt;
"""


def seen(chromium, port, path, name, pids):
    """From the kill -9 of a workload of a real daemon until the page says so."""
    chromium.open(f"http://127.0.0.1:{port}{path}")
    chromium.until("live.textContent === 'live'")
    before = trouble(port)
    times = []
    for number, pid in enumerate(pids, before + 1):
        # Apart from the one before, at no fixed distance from any beat.
        time.sleep(1.2 + random.random() * 0.5)
        wanted = ("tr[data-key=bench-client]", f" {number} in trouble", 1) if path == "/" else ("td", "backoff", number)
        if chromium.run(WATCH, *wanted):
            raise RuntimeError(f"{wanted} is there already")
        begun = time.time()
        os.kill(pid, signal.SIGKILL)
        chromium.until("window.seenAt")
        times.append(chromium.run("return window.seenAt") / 1000 - begun)
    return {f"dashboard_{name}_seen_median_ms": statistics.median(times) * 1000,
            f"dashboard_{name}_seen_p99_ms": percentile(times, 0.99) * 1000}


def trouble(port):
    clients = Connection(port, TOKEN).json("GET", "/api/fleet/clients")
    return next(client["workloads_failed"] for client in clients if client["name"] == "bench-client")


def idle(chromium, central, port, seconds):
    """A page that is only left open, beyond an empty one and a central that nobody looks at. 1,000 clients go on
    reporting every 30 s all the time."""
    spent = {}
    for name, address in (("none", "about:blank"), ("open", f"http://127.0.0.1:{port}/")):
        chromium.open(address)
        time.sleep(3)
        before, begun = (chromium.cpu_seconds(), central.cpu_seconds()), time.monotonic()
        time.sleep(seconds)
        lasted = time.monotonic() - begun
        spent[name] = [(now - then) / lasted * 100
                       for now, then in zip((chromium.cpu_seconds(), central.cpu_seconds()), before)]
    return {"dashboard_idle_browser_cpu_percent": max(0, spent["open"][0] - spent["none"][0]),
            "dashboard_idle_server_cpu_percent": max(0, spent["open"][1] - spent["none"][1])}
