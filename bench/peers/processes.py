"""What /proc says of the processes that belong to one folder; they are ended by pid, and only they."""

import os
import signal
import time


def read(path):
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError:
        return b""


def link(path):
    try:
        return os.readlink(path)
    except OSError:
        return ""


def belongs(pid, folder):
    """By its working directory, its program or an argument; the folder's name is there once in the world."""
    base = f"/proc/{pid}"
    inside = folder + "/"
    return (link(base + "/cwd") + "/").startswith(inside) or link(base + "/exe").startswith(inside) \
        or folder.encode() in read(base + "/cmdline")


def is_alive(pid):
    state = read(f"/proc/{pid}/stat").rpartition(b")")[2].split()
    return bool(state) and state[0] not in (b"Z", b"X")


def of_folder(folder):
    own = os.getpid()
    return [int(name) for name in os.listdir("/proc")
            if name.isdigit() and int(name) != own and is_alive(name) and belongs(name, folder)]


def end(pid, folder):
    """SIGKILL to a process that is held while it is looked at again: its number can't become another's."""
    try:
        handle = os.pidfd_open(pid)
    except OSError:
        return
    try:
        if belongs(pid, folder):
            signal.pidfd_send_signal(handle, signal.SIGKILL)
    except OSError:
        pass
    finally:
        os.close(handle)


def end_all(folder, is_workload):
    """The supervisors before what they would start again."""
    for _ in range(200):
        found = of_folder(folder)
        if not found:
            return
        for pid in [p for p in found if not is_workload(p)] or found:
            end(pid, folder)
        time.sleep(0.02)
    raise RuntimeError(f"processes of {folder} do not end: {of_folder(folder)}")


def cpu_ns(pids):
    """Processor time of all their threads in ns; the clock ticks of /proc/PID/stat are too coarse."""
    total = {}
    for pid in pids:
        for thread in (os.listdir(f"/proc/{pid}/task") if os.path.isdir(f"/proc/{pid}/task") else []):
            fields = read(f"/proc/{pid}/task/{thread}/schedstat").split()
            if fields:
                total[int(thread)] = int(fields[0])
    return total


def cpu_between(before, after):
    """Of threads that were there before and of such as came; one that went meanwhile is lost, and that is said."""
    return sum(value - before.get(thread, 0) for thread, value in after.items())


def anonymous_kib(pids):
    """Memory that is nobody's file, a page that several share counted once."""
    total = 0
    for pid in pids:
        for line in read(f"/proc/{pid}/smaps_rollup").splitlines():
            if line.startswith((b"Pss_Anon:", b"SwapPss:")):
                total += int(line.split()[1])
    return total
