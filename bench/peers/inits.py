"""Programs that stand in front of one command and pass signals on: tini, dumb-init."""

import os
import signal
import subprocess

from peer import Peer, debian_version


class Init(Peer):
    words = ()

    def version(self):
        return debian_version(self.stage, self.name)

    def command(self, words):
        return [[*self.words, *words]]

    job = command

    def plant(self, words):
        self.main = subprocess.Popen(self.group.words([*self.words, *words]), start_new_session=True)

    def hold(self, words, numbers):
        for _ in numbers:
            self.stage.start([*self.words, *words], self.group, self.directory / "said")

    def fell(self):
        self.main.send_signal(signal.SIGTERM)
        self.main.wait()


class Tini(Init):
    name = "tini"
    origin = "Debian's tini"
    program = "tini"
    words = ("tini", "-s", "-g", "--")
    run_what = "tini -s -g -- PROGRAM"
    kill_what = "SIGTERM to tini -s -g"
    memory_what = "a tini for each"


class DumbInit(Init):
    name = "dumb-init"
    origin = "Debian's dumb-init"
    program = "dumb-init"
    words = ("dumb-init", "--")
    run_what = "dumb-init -- PROGRAM"
    kill_what = "SIGTERM to dumb-init"
    memory_what = "a dumb-init for each"


class Bubblewrap(Init):
    """With a PID namespace, whose first process takes the others along."""

    name = "bubblewrap"
    origin = "Debian's bubblewrap"
    program = "bwrap"
    words = ("bwrap", "--dev-bind", "/", "/", "--unshare-pid", "--die-with-parent", "--")
    start_what = "bwrap --unshare-pid -- PROGRAM"
    run_what = "bwrap --unshare-pid -- PROGRAM"
    kill_what = "SIGKILL to bwrap --unshare-pid --die-with-parent"
    memory_what = "bwrap, twice for each"

    def fell(self):
        os.kill(self.main.pid, signal.SIGKILL)
        self.main.wait()


PEERS = (Tini, DumbInit, Bubblewrap)
