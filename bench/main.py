"""Measures the release binaries from outside and compares with what is to be reached. See `make bench`."""

import argparse
import json
import os
import platform
import sys
import time

import console
import dashboard
import deploy
import hardship
import live
import measures
import supervision
from host import PROGRAM

ALL = measures.ALL | {
    "crash_seen": live.crash_seen, "thousand": live.thousand, "ten_thousand": live.ten_thousand,
    "hardship": hardship.hardship, "readers": live.readers, "followed_log": live.followed_log, "supervision": supervision.run,
    "dashboard": dashboard.run, "console": console.run,
    **{f"deploy_{name}": (lambda options, body=body: body()) for name, body in deploy.ALL.items()},
}

# name, what it is, what is to be reached, what an older Python implementation of the same guide needed
TARGETS = [
    ("heartbeat_cpu_ms", "heartbeat, 5 workloads, 1,000 clients: CPU, ms", 0.08, 1.12),
    ("fleet_list_cpu_ms", "fleet list of 1,000 clients: CPU, ms", 2, 32),
    ("fleet_list_p99_ms", "fleet list of 1,000 clients: p99, ms", 10, 87),
    ("forwarding_added_ms", "forwarded stop or start: added, ms", 1.5, 4.5),
    ("up_ms", "up until the API answers, ms", 100, 840),
    ("hundred_dirty_mb", "100 workloads: dirty memory of the daemon, MB", 12, 52),
    ("hundred_rest_cpu_ms_a_minute", "100 workloads at rest: CPU a minute, ms", 40, 217),
    ("hundred_beyond_fork_s", "up until 100 run, beyond forking, s", 0.3, 1.4),
    ("tail_ms", "last 100 lines of a 200 MB log, ms", 3, 423),
    ("tail_growth_mb", "the same: growth of memory, MB", 0.5, 310),
    ("crash_beyond_delay_ms", "crash until the new pid, beyond the delay, ms", 5, 11),
    ("crash_seen_median_ms", "crash until a reader of the central has it: median, ms", 15, 19_300),
    ("crash_seen_p99_ms", "the same: p99, ms", 80, None),
    ("thousand_cpu_percent", "1,000 clients at 30 s: CPU of the central, % of a core", 2, 9),
    ("thousand_dirty_mb", "the same: dirty memory of the central, MB", 40, 66),
    ("restart_all_seen_s", "central killed under 1,000 clients: until all reported, s", 33, None),
    ("restart_burst_ratio", "the same: most heartbeats in a second, times the usual", 2, None),
    ("ten_thousand_stale", "10,000 clients at 30 s, 10 readers: clients called stale", 0, None),
    ("ten_thousand_change_p99_ms", "the same: change until seen, p99, ms", 250, None),
    ("reader_cpu_us_a_change", "each further reader: CPU a change, µs", 15, None),
    ("hardship_rss_mb", "60 clients of 4 MiB, 200 readers that never read: resident, MB", 400, None),
    ("hardship_peak_rss_mb", "the same: at most, MB", 400, None),
    ("hardship_health_p99_ms", "the same: health, p99, ms", 50, None),
    ("hardship_health_failures", "the same: health not answered", 0, None),
    ("followed_lost", "log followed at 5,000 lines/s through both hops: lines lost", 0, None),
    ("followed_cpu_percent", "the same: CPU of both, % of a core", 10, None),
    ("one_client_1000_files_s", "deploy 1,000 small files to one client, beyond min_healthy_seconds, s", 1, 5),
    ("rollback_s", "rollback of one client, beyond min_healthy_seconds, s", 0.5, 9),
    ("killed_until_it_goes_on_s", "central killed in a deployment: from its start until that goes on, s", 0.5, None),
    ("one_percent_files_wire_percent", "1 % of 50 MB differs: over the wire, % of all", 2, None),
    ("dashboard_page_kb", "overview of 1,000 clients, an hour of lines: over the wire, kB", 30, None),
    ("dashboard_page_median_ms", "the same: from request to last byte, median, ms", 20, None),
    ("dashboard_page_p99_ms", "the same: p99, ms", 20, None),
    ("dashboard_overview_seen_median_ms", "crash on a host until the overview shows it: median, ms", 300, None),
    ("dashboard_client_seen_median_ms", "the same on the page of the client, ms", 300, None),
    ("dashboard_idle_browser_cpu_percent", "overview left open: CPU of the browser, % of a core", 1, None),
    ("dashboard_idle_server_cpu_percent", "the same: CPU of the central, % of a core", 1, None),
    ("console_first_frame_ms", "console of 1,000 clients: first frame, ms", 50, None),
    ("console_live_ms", "the same: live data, ms", 300, None),
    ("console_key_p99_ms", "key to paint: p99, ms", 16, None),
    ("console_idle_cpu_percent", "nothing happens: CPU, % of a core", 0.1, None),
    ("console_busy_cpu_percent", "50 changes a second: CPU, % of a core", 1, None),
    ("console_tick_bytes", "nothing changes: bytes a second, of the clock", 40, None),
    ("console_row_bytes", "one row changes: bytes", 150, None),
    ("console_cursor_bytes", "the cursor moves: bytes", 400, None),
    ("console_repaint_bytes", "all is painted anew: bytes", 8192, None),
    ("console_flood_bytes_a_second", "log of 5,000 lines/s: bytes a second to the terminal", 20_000, None),
    ("ansible_wall_ratio", "20 clients by 5: wall time, times that of ansible-playbook", 0.2, None),
    ("ansible_cpu_ratio", "the same: CPU of the control host, times that of ansible-playbook", 0.1, None),
]


class Options:
    def __init__(self, quick, rows=()):
        self.factor = 0.2 if quick else 1
        self.rows = list(rows)

    def scale(self, count):
        return max(1, int(count * self.factor))


def table(figures):
    rows = [("", "measured", "to reach", "ratio", "older", "older/ours")]
    for key, text, target, older in TARGETS:
        if key in figures:
            value = figures[key]
            rows.append((text, f"{value:.3g}", f"{target:g}", f"{value / target:.2f}" if target else f"{value:g}",
                         f"{older:g}" if older else "-", f"{older / value:.1f}" if older and value > 0 else "-"))
    known = {key for key, *_ in TARGETS}
    rows += [(key, f"{value:.3g}", "", "", "", "") for key, value in figures.items()
             if key not in known and not key.startswith("supervision.")]
    if len(rows) == 1:
        return
    widths = [max(len(row[column]) for row in rows) for column in range(6)]
    for row in rows:
        print("  ".join([row[0].ljust(widths[0])] + [row[i].rjust(widths[i]) for i in range(1, 6)]))


def main():
    parser = argparse.ArgumentParser(prog="make bench ARGS=…", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="of: " + ", ".join(ALL))
    parser.add_argument("--quick", action="store_true", help="a fifth of the work, for a first look")
    parser.add_argument("--rows", nargs="+", default=[], metavar="ROW",
                        help="of supervision only these: " + ", ".join([*supervision.ROWS, "rest"]))
    parser.add_argument("--output", default="bench-results/latest.json", help="where the JSON goes")
    arguments = parser.parse_args()
    unknown = set(arguments.names) - set(ALL)
    if unknown:
        parser.error("no such measure: " + ", ".join(sorted(unknown)))
    if not os.access(PROGRAM, os.X_OK):
        sys.exit(f"{PROGRAM} is not there; run 'make build' first")
    # Pages of a program that was just built are dirty until they are on the disk, and would count as its memory.
    os.sync()
    figures = {}
    for name in arguments.names or ALL:
        print(f"{name} ...", file=sys.stderr, flush=True)
        figures.update(ALL[name](Options(arguments.quick, arguments.rows)))
    os.makedirs(os.path.dirname(arguments.output) or ".", exist_ok=True)
    with open(arguments.output, "w", encoding="utf-8") as file:
        json.dump({"at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), "machine": platform.machine(),
                   "cores": os.cpu_count(), "kernel": platform.release(), "figures": figures}, file, indent=2)
        file.write("\n")
    table(figures)
    print(f"\nA ratio of 1 or less is reached. JSON: {arguments.output}")


if __name__ == "__main__":
    main()
