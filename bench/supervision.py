"""The supervision of workloads, ours beside that of others: the same workloads, one run, one machine."""

import os
import statistics
import sys
import time
from contextlib import ExitStack

from peers import processes
from peers.circus import Circus
from peers.loop import Loop
from peers.master_control import MasterControl
from peers.peer import Item, NotThere, items
from peers.runit import Runit
from peers.s6 import S6
from peers.supervisord import Supervisord

PEERS = [MasterControl, Supervisord, Runit, S6, Circus, Loop]
SETTLE = 1.5


def restart(kind, options):
    """Killed one after the other, so far apart that none is helped by what another one wakes, and at no rhythm of those
    who only look from time to time.

    runit waits where a run was shorter than a second, so each has run for longer.
    """
    count = max(4, options.scale(12))
    with kind(items(count)) as peer:
        peer.begin()
        time.sleep(SETTLE)
        killed = {}
        for name, pid in peer.workloads():
            killed[name] = time.monotonic_ns()
            processes.end(pid, peer.folder)
            time.sleep(1.37)
        again = peer.wait_for(count, lambda start: start[2] > killed[start[0]])
        return {"restart_ms": statistics.median((begun - killed[name]) / 1e6 for name, _, begun in again)}


def takeover(kind, options):
    """The supervisor is killed and started again; then it and all its helpers are."""
    if kind is Loop:
        raise NotThere("keeps no state")
    count = 10
    figures = {}
    for key, everything in (("twice_after_kill", False), ("twice_after_kill_of_all", True)):
        with kind(items(count)) as peer:
            peer.begin()
            time.sleep(SETTLE)
            before = dict(peer.workloads())
            peer.kill(peer.own() if everything else [peer.process.pid])
            if dict(peer.workloads()) != before:
                raise RuntimeError(f"{kind.title}: workloads ended with their supervisor")
            peer.up()
            # Long enough for each of them to have begun what it will begin.
            time.sleep(4)
            after = peer.workloads()
            names = [name for name, _ in after]
            figures[key] = sum(names.count(name) > 1 for name in set(names))
            if isinstance(peer, MasterControl) and not (dict(after) == before == peer.supervised()):
                raise RuntimeError(f"{before} became {after}, and supervised is {peer.supervised()}")
    return figures


def tree(kind, _options):
    """A grandchild in a session of its own, three seconds after the stop of its workload."""
    with kind([Item("w0", ["tree"], limit=2)]) as peer:
        peer.up()
        peer.wait_for(1, lambda start: start[0] == "w0+")
        time.sleep(SETTLE)
        peer.seconds_to_stop(["w0"])
        time.sleep(3)
        return {"grandchildren_left": sum(name == "w0+" for name, _ in peer.workloads())}


def stop(kind, options):
    figures = {}
    for key, mode, limit in (("stop_100_s", "idle", 10), ("stop_100_deaf_s", "deaf", 2)):
        with kind(items(100, mode, limit=limit)) as peer:
            peer.begin()
            time.sleep(SETTLE)
            figures[key] = peer.seconds_to_stop([item.name for item in peer.items])
    return figures


def start(kind, options):
    figures = {}
    for count in (10, 100, 500):
        if options.factor < 1 and count > 100:
            continue
        with kind(items(count)) as peer:
            try:
                figures[f"start_{count}_s"] = peer.begin()
            except NotThere as reason:
                print(f"  {kind.title}, {count}: {reason}", file=sys.stderr)
    return figures


def flood(kind, options):
    """50 MB/s for five seconds: what the supervisor and its loggers need for it, and what is there afterwards."""
    if not kind.keeps_logs:
        raise NotThere("keeps no logs")
    item = Item("w0", ["write", "50", "5"], logged=True)
    with kind([item]) as peer:
        peer.up()
        begun = peer.wait_for(1)[0]
        before = processes.cpu_ns(peer.own())
        end = peer.wait_for(1, lambda start: start[0] == "w0!")[0]
        time.sleep(SETTLE)
        cpu = processes.cpu_between(before, processes.cpu_ns(peer.own()))
        files = peer.log_files(item)
        kept = sum(os.path.getsize(file) for file in files)
        return {"flood_cpu_s": cpu / 1e9, "flood_s": (end[2] - begun[2]) / 1e9, "flood_kept_mb": kept / 1e6,
                "flood_lost_lines": lost_lines(files, end[1])}


def lost_lines(files, total):
    """Of those from the oldest that is kept to the last that was written."""
    seen, first = 0, None
    rest = b""
    for file in files:
        with open(file, "rb") as log:
            *lines, rest = (rest + log.read()).split(b"\n")
        for line in lines:
            number = line[:12]
            if len(line) == 99 and number.isdigit():
                first = int(number) if first is None else first
                seen += 1
    return total - (total if first is None else first) - seen if seen else total


def reload(kind, options):
    """One more beside a hundred: from the command until it runs, and how many of the others were begun anew."""
    if kind is Loop:
        raise NotThere("knows no configuration")
    taken = []
    disturbed = 0
    with kind(items(100)) as peer:
        peer.begin()
        time.sleep(SETTLE)
        for turn in range(options.scale(5)):
            item = Item(f"new{turn}")
            peer.define(item)
            before = set(peer.workloads())
            begun = time.monotonic_ns()
            peer.reload()
            ran = peer.wait_for(1, lambda start, item=item: start[0] == item.name)[0]
            taken.append((ran[2] - begun) / 1e6)
            time.sleep(SETTLE)
            disturbed += len(before - set(peer.workloads()))
    return {"reload_ms": statistics.median(taken), "reload_disturbed": disturbed}


def rest(kinds, options, figures):
    """All at once, each with a hundred that wait: memory, and the processor time of one minute."""
    seconds = max(10, 60 * options.factor)
    with ExitStack() as stack:
        peers = []
        for kind in kinds:
            peer = stack.enter_context(kind(items(100)))
            try:
                peer.begin()
                peers.append(peer)
            except NotThere as reason:
                print(f"  {kind.title}: {reason}", file=sys.stderr)
        time.sleep(10)
        before = {peer.title: processes.cpu_ns(peer.own()) for peer in peers}
        time.sleep(seconds)
        for peer in peers:
            own = peer.own()
            spent = processes.cpu_between(before[peer.title], processes.cpu_ns(own))
            note(figures, peer.title, {"rest_cpu_ms_a_minute": spent / 1e6 * 60 / seconds,
                                       "memory_100_mb": processes.anonymous_kib(own) / 1024,
                                       "processes_100": len(own)})


ROWS = {"takeover": takeover, "tree": tree, "restart": restart, "start": start, "stop": stop, "flood": flood,
        "reload": reload}

# key, what it is, what is to be reached
TARGETS = [
    ("twice_after_kill", "kill -9 of the supervisor, start: of 10 there twice", 0),
    ("twice_after_kill_of_all", "the same, with all its helpers", 0),
    ("grandchildren_left", "grandchild in its own session, left after stop", 0),
    ("restart_ms", "kill -9 of a workload until the new one runs, ms", 3),
    ("memory_100_mb", "100 workloads: anonymous memory of all its own, MB", 10),
    ("processes_100", "the same: processes of its own", None),
    ("rest_cpu_ms_a_minute", "100 at rest: CPU a minute, ms", 5),
    ("start_10_s", "start of 10, s", None),
    ("start_100_s", "start of 100, s", 0.3),
    ("start_500_s", "start of 500, s", 1.5),
    ("stop_100_s", "stop of 100 willing, s", 0.1),
    ("stop_100_deaf_s", "stop of 100 deaf ones, limit 2 s, s", 2.1),
    ("flood_cpu_s", "50 MB/s for 5 s: CPU, s", 0.4),
    ("flood_s", "the same: took, s", None),
    ("flood_lost_lines", "the same: lines lost of those kept", 0),
    ("flood_kept_mb", "the same: left on the disk, MB", 63),
    ("reload_ms", "1 more beside 100: until it runs, ms", 20),
    ("reload_disturbed", "the same: others disturbed", 0),
]


def note(figures, title, found):
    for key, value in found.items():
        figures[f"supervision.{key}.{title}"] = value


def run(options):
    chosen = getattr(options, "rows", None) or [*ROWS, "rest"]
    unknown = set(chosen) - set(ROWS) - {"rest"}
    if unknown:
        sys.exit("no such row: " + ", ".join(sorted(unknown)) + "; there are " + ", ".join([*ROWS, "rest"]))
    kinds, figures = [], {}
    for kind in PEERS:
        try:
            kind.install()
            kinds.append(kind)
        except NotThere as reason:
            print(f"  without {kind.title}: {reason}", file=sys.stderr)
    for name in chosen:
        if name == "rest":
            print("  rest: all at once", file=sys.stderr, flush=True)
            rest(kinds, options, figures)
            continue
        for kind in kinds:
            print(f"  {name}: {kind.title}", file=sys.stderr, flush=True)
            try:
                note(figures, kind.title, ROWS[name](kind, options))
            except NotThere as reason:
                print(f"    left out: {reason}", file=sys.stderr)
    table(figures, [kind.title for kind in kinds])
    return figures


def table(figures, titles):
    """A figure of a peer is followed by its ratio to ours."""
    ours = MasterControl.title
    rows = [["", "to reach", *titles]]
    for key, text, target in TARGETS:
        values = [figures.get(f"supervision.{key}.{title}") for title in titles]
        if all(value is None for value in values):
            continue
        base = figures.get(f"supervision.{key}.{ours}")
        cells = []
        for title, value in zip(titles, values):
            if value is None:
                cells.append("-")
            elif title != ours and base and value:
                cells.append(f"{value:.3g} ({value / base:.2g}x)")
            else:
                cells.append(f"{value:.3g}" + (" !" if title == ours and target is not None and value > target else ""))
        rows.append([text, "" if target is None else f"{target:g}", *cells])
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        print("  ".join([row[0].ljust(widths[0])] + [cell.rjust(width) for cell, width in zip(row[1:], widths[1:])]))
    print("In brackets: theirs by ours. An exclamation mark: not reached.\n")
