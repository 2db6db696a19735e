"""A loop on pidfds in C: what is possible, not what one would use."""

from .peer import NotThere, Peer, compile_c, terminate


class Loop(Peer):
    title = "C loop"
    keeps_logs = False

    def configure(self):
        compile_c("loop.c", self.path("loop"))

    def command(self):
        item = self.items[0]
        return [self.path("loop"), self.load, self.starts, item.mode[0], str(len(self.items)),
                str(int(item.limit * 1000))]

    def stop(self, names):
        terminate(self.process)

    def define(self, item):
        raise NotThere("knows no configuration")
