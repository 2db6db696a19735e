"""supervisord, with logs as by default; each stop goes to the group."""

from .debian import need
from .peer import Peer, rotated


class Supervisord(Peer):
    title = "supervisord"

    @classmethod
    def install(cls):
        need("supervisor", "supervisord", "supervisorctl")

    def configure(self):
        self.write(f"""
[supervisord]
nodaemon=true
user=root
minfds=8192
logfile={self.path("supervisord.log")}
pidfile={self.path("supervisord.pid")}
childlogdir={self.folder}
[unix_http_server]
file={self.path("s")}
[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface
[supervisorctl]
serverurl=unix://{self.path("s")}
[include]
files={self.path("programs")}/*.conf
""", "supervisord.conf")
        super().configure()

    def define(self, item):
        self.write(f"""
[program:{item.name}]
command={" ".join(self.words(item))}
autorestart=true
startsecs=0
startretries=1000000
stopwaitsecs={item.limit}
stopasgroup=true
killasgroup=true
redirect_stderr=true
stdout_logfile={self.path(item.name + ".log")}
""", "programs", item.name + ".conf")

    def command(self):
        return ["/usr/bin/supervisord", "-c", self.path("supervisord.conf")]

    def stop(self, names):
        return self.spawn(["/usr/bin/supervisorctl", "-c", self.path("supervisord.conf"), "stop",
                           *(["all"] if len(names) == len(self.items) else names)])

    def reload(self):
        return self.spawn(["/usr/bin/supervisorctl", "-c", self.path("supervisord.conf"), "update"])

    def log_files(self, item):
        return rotated(self.path(item.name + ".log"), 10)
