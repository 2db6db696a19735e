"""Measures deployments: a real central, real daemons, the real script, over an sshd of its own on loopback.

`twenty` runs ansible-playbook beside it where
that is installed (Debian: ansible), with the same sshd, the same files, `serial: 5`, synchronize, reload and uri.
"""

import datetime
import http.client
import json
import os
import resource
import shutil
import socket
import subprocess
import sys
import tempfile
import time

from host import TICK, Host

TOKEN = "bench-token-of-deployments"
SCRIPT = os.path.abspath("scripts/deploy-clients.sh")
MIN_HEALTHY = 0.5
PATIENCE = 300


def free_ports(count):
    held = [socket.socket() for _ in range(count)]
    for candidate in held:
        candidate.bind(("127.0.0.1", 0))
    ports = [candidate.getsockname()[1] for candidate in held]
    for candidate in held:
        candidate.close()
    return ports


class Server:
    """An sshd with keys that are thrown away."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="mctl-bench-ssh-")
        for name in ("host", "key"):
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", f"{self.folder}/{name}"], check=True)
        self.key = f"{self.folder}/key"
        self.port = free_ports(1)[0]
        with open(f"{self.folder}/config", "w", encoding="utf-8") as file:
            file.write(f"Port {self.port}\nListenAddress 127.0.0.1\nHostKey {self.folder}/host\n"
                       f"AuthorizedKeysFile {self.folder}/key.pub\nPidFile none\nStrictModes no\nUsePAM no\n"
                       "PasswordAuthentication no\nMaxStartups 200\nSubsystem sftp internal-sftp\n")
        os.makedirs("/run/sshd", exist_ok=True)
        self.process = subprocess.Popen(
            ["/usr/sbin/sshd", "-D", "-f", f"{self.folder}/config", "-E", f"{self.folder}/log"])
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.02)
        sys.exit("sshd does not listen")

    def remove(self):
        self.process.kill()
        self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


class Fleet:
    def __init__(self, count):
        self.server = Server()
        ports = free_ports(count + 1)
        self.port, self.client_ports = ports[0], ports[1:]
        self.clients = [
            Host({"daemon.yaml": f"fleet:\n  enabled: true\n  client_name: n{index}\n  api_host: 127.0.0.1\n"
                  f"  api_port: {port}\n  central_api_url: http://127.0.0.1:{self.port}\n"
                  f"  heartbeat_interval_seconds: 30\n  api_token: {TOKEN}\n"})
            for index, port in enumerate(self.client_ports)]
        self.control = Host({"daemon.yaml": f"central:\n  enabled: true\n  host: 127.0.0.1\n  port: {self.port}\n"
                             f"  api_token: {TOKEN}\n  deploy_script_path: {SCRIPT}\n"})
        with open(f"{self.control.folder}/inventory.yaml", "w", encoding="utf-8") as file:
            file.write("clients:\n")
            for index, (host, port) in enumerate(zip(self.clients, self.client_ports)):
                file.write(f"  - {{name: n{index}, host: 127.0.0.1, api_port: {port}, ssh_port: {self.server.port}, "
                           f"ssh_user: {os.environ.get('USER', 'root')}, ssh_key: {self.server.key}, "
                           f"install_dir: {host.folder}}}\n")

    def __enter__(self):
        for host in [self.control, *self.clients]:
            host.up()
        for port in [self.port, *self.client_ports]:
            until(lambda port=port: ask(port, "GET", "/api/health") is not None, "an API answers")
        return self

    def __exit__(self, *_):
        for host in [self.control, *self.clients]:
            host.run("down")
            host.remove()
        self.server.remove()

    def release(self, version, files, command="exec sleep infinity"):
        folder = f"{self.control.folder}/releases/{version}"
        os.makedirs(f"{folder}/configs")
        os.makedirs(f"{folder}/files")
        with open(f"{folder}/configs/app.yaml", "w", encoding="utf-8") as file:
            file.write(f"name: app\ncommand: [sh, -c, \"{command}\"]\nrestart_delay: 1\nstop_timeout: 1\n")
        for name, data in files:
            with open(f"{folder}/files/{name}", "wb") as file:
                file.write(data)

    def begin(self, version, clients=None, **more):
        wish = {"version": version, "min_healthy_seconds": MIN_HEALTHY, "health_check_timeout": 30,
                "target_clients": clients or [f"n{index}" for index in range(len(self.clients))], **more}
        answer = ask(self.port, "POST", "/api/fleet/deployments", wish)
        if not answer or "id" not in answer:
            sys.exit(f"the deployment was refused: {answer}")
        return answer["id"]

    def status(self, wanted):
        return ask(self.port, "GET", f"/api/fleet/deployments/{wanted}") or {"status": "away"}

    def finish(self, wanted):
        return until(lambda: ended(self.status(wanted)), "the deployment has ended")

    def wire_bytes(self, wanted, client):
        lines = ask(self.port, "GET", f"/api/fleet/deployments/{wanted}/clients/{client}/output")["lines"]
        return [int(line.split()[3]) for line in lines if line.endswith("bytes over the wire")][-1]


def ended(status):
    return status if status["status"] in (
        "completed", "failed", "cancelled", "rolled_back", "rollback_failed") else None


def ask(port, method, path, body=None):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request(method, path, json.dumps(body) if body else None, {"Authorization": f"Bearer {TOKEN}"})
        return json.loads(connection.getresponse().read())
    except OSError:
        return None
    finally:
        connection.close()


def until(look, what):
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        found = look()
        if found:
            return found
        time.sleep(0.005)
    sys.exit(f"not so after {PATIENCE} s: {what}")


def expect(status, wanted):
    if status["status"] != wanted:
        sys.exit(f"the deployment is {status['status']}, not {wanted}: {status.get('error')}")


def small_files(mark, count=1000):
    return [(f"{number}.txt", f"{mark} {number}\n".encode() * 20) for number in range(count)]


def cpu_seconds(pid):
    """Of a process and all its children that have ended."""
    with open(f"/proc/{pid}/stat", encoding="ascii") as file:
        fields = file.read().rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) / TICK


def one():
    """One client, 1,000 small files, all of them new; seconds beyond min_healthy_seconds."""
    with Fleet(1) as fleet:
        times = []
        for number in range(5):
            fleet.release(f"1.{number}", small_files(number))
            start = time.monotonic()
            expect(fleet.finish(fleet.begin(f"1.{number}")), "completed")
            times.append(time.monotonic() - start - MIN_HEALTHY)
        return {"one_client_1000_files_s": sorted(times)[2]}


def wire():
    """50 MB, then 1 % of it changed, as a few whole files and as parts of one big file."""
    figures = {}
    with Fleet(1) as fleet:
        blocks = [(f"{number}.bin", os.urandom(500_000)) for number in range(100)]
        fleet.release("1", blocks)
        expect(fleet.finish(fleet.begin("1")), "completed")
        fleet.release("2", [(name, os.urandom(500_000) if name == "7.bin" else data) for name, data in blocks])
        wanted = fleet.begin("2")
        expect(fleet.finish(wanted), "completed")
        figures["one_percent_files_wire_percent"] = fleet.wire_bytes(wanted, "n0") / 50e6 * 100
        whole = bytearray(os.urandom(50_000_000))
        fleet.release("3", [("whole.bin", bytes(whole))])
        expect(fleet.finish(fleet.begin("3")), "completed")
        whole[20_000_000:20_500_000] = os.urandom(500_000)
        fleet.release("4", [("whole.bin", bytes(whole))])
        wanted = fleet.begin("4")
        expect(fleet.finish(wanted), "completed")
        figures["one_percent_of_a_file_wire_percent"] = fleet.wire_bytes(wanted, "n0") / 50e6 * 100
    return figures


def rollback():
    """From the moment it is decided until the previous release is healthy; seconds beyond min_healthy_seconds."""
    with Fleet(1) as fleet:
        fleet.release("1", small_files(1))
        fleet.release("2", small_files(2), "exit 3")
        expect(fleet.finish(fleet.begin("1")), "completed")
        times = []
        for _ in range(3):
            wanted = fleet.begin("2", health_check_timeout=MIN_HEALTHY + 1)
            until(lambda wanted=wanted: fleet.status(wanted)["status"] == "rolling_back", "it is rolling back")
            start = time.monotonic()
            expect(fleet.finish(wanted), "rolled_back")
            times.append(time.monotonic() - start - MIN_HEALTHY)
        return {"rollback_s": sorted(times)[1]}


def kill():
    """Daemon and central are killed while a script runs; seconds from the start of the next central until the step
    goes on. It is started once nothing of the script is left."""
    with Fleet(1) as fleet:
        fleet.release("1", small_files(1))
        wanted = fleet.begin("1")
        until(lambda: fleet.status(wanted).get("client_statuses", [{}])[0].get("status") == "deploying", "it deploys")
        fleet.control.kill()
        fleet.control.up()
        log = f"{fleet.control.folder}/logs/central.log"

        def told(message):
            with open(log, encoding="utf-8") as file:
                lines = [json.loads(line) for line in file if line.startswith("{")]
            return [datetime.datetime.fromisoformat(line["time"].rstrip("Z")) for line in lines
                    if line["message"] == message]
        until(lambda: told("deployment goes on"), "the deployment goes on")
        took = (told("deployment goes on")[0] - told("starting")[-1]).total_seconds()
        expect(fleet.finish(wanted), "completed")
        return {"killed_until_it_goes_on_s": took}


PLAY = """
- hosts: all
  serial: 5
  gather_facts: false
  tasks:
    - ansible.posix.synchronize:
        src: "{releases}/{version}/"
        dest: "{{{{ install_dir }}}}/ansible/"
        delete: true
        rsync_opts: ["--checksum"]
    - delegate_to: localhost
      ansible.builtin.uri:
        url: "http://127.0.0.1:{{{{ api_port }}}}/api/reload"
        method: POST
        headers: {{Authorization: "Bearer {token}"}}
    - delegate_to: localhost
      ansible.builtin.uri:
        url: "http://127.0.0.1:{{{{ api_port }}}}/api/health"
        headers: {{Authorization: "Bearer {token}"}}
"""


def twenty():
    """20 clients in batches of 5 with a release of 1,000 files; wall time beyond waiting, and CPU of the control host."""
    figures = {}
    with Fleet(20) as fleet:
        fleet.release("1", small_files(1))
        fleet.release("2", small_files(2))
        expect(fleet.finish(fleet.begin("1", batch_size=20)), "completed")
        before = cpu_seconds(fleet.control.central_pid)
        start = time.monotonic()
        expect(fleet.finish(fleet.begin("2", batch_size=5, min_healthy_seconds=0)), "completed")
        figures["twenty_clients_s"] = time.monotonic() - start
        figures["twenty_clients_cpu_s"] = cpu_seconds(fleet.control.central_pid) - before
        if shutil.which("ansible-playbook"):
            figures.update(ansible(fleet))
            if "ansible_s" in figures:
                figures["ansible_wall_ratio"] = figures["twenty_clients_s"] / figures["ansible_s"]
                figures["ansible_cpu_ratio"] = figures["twenty_clients_cpu_s"] / figures["ansible_cpu_s"]
    return figures


def ansible(fleet):
    folder = fleet.server.folder
    with open(f"{folder}/hosts.ini", "w", encoding="utf-8") as file:
        for index, (host, port) in enumerate(zip(fleet.clients, fleet.client_ports)):
            file.write(f"n{index} ansible_host=127.0.0.1 ansible_port={fleet.server.port} "
                       f"ansible_ssh_private_key_file={fleet.server.key} install_dir={host.folder} api_port={port} "
                       f"ansible_python_interpreter=/usr/bin/python3\n")
            os.makedirs(f"{host.folder}/ansible", exist_ok=True)
            shutil.copytree(f"{fleet.control.folder}/releases/1", f"{host.folder}/ansible", dirs_exist_ok=True)
    with open(f"{folder}/play.yaml", "w", encoding="utf-8") as file:
        file.write(PLAY.format(releases=f"{fleet.control.folder}/releases", version="2", token=TOKEN))
    environment = {**os.environ, "HOME": folder, "ANSIBLE_HOST_KEY_CHECKING": "False", "ANSIBLE_FORKS": "5",
                   "ANSIBLE_PIPELINING": "True", "ANSIBLE_LOCALHOST_WARNING": "False", "LC_ALL": "C.UTF-8"}
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.monotonic()
    result = subprocess.run(
        ["ansible-playbook", "-i", f"{folder}/hosts.ini", f"{folder}/play.yaml"], env=environment,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
        timeout=PATIENCE)
    wall = time.monotonic() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if result.returncode != 0:
        print(result.stdout[-2000:], file=sys.stderr)
        return {}
    return {"ansible_s": wall,
            "ansible_cpu_s": after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime}


ALL = {"one": one, "wire": wire, "rollback": rollback, "kill": kill, "twenty": twenty}

