"""systemd-run: on this machine if systemd runs it, else in the container of tests/host that boots a real one."""

import os
import pathlib
import select
import shutil
import subprocess

from peer import Peer
from stage import Cannot

CONTAINER = pathlib.Path(__file__).absolute().parents[2] / "tests/host/container"
SUITE = "trixie"

# Reads lines of shell from one FIFO, and answers on another: what they print, then their exit status.
AGENT = """#!/bin/bash
exec 8<>/run/job/asked 9<>/run/job/answered
printf 'status 0\\n' >&9
while read -r line <&8; do
  eval "$line" 2>&1 >&9 | head -c 300 | tr '\\n' ' ' >/run/job/said
  printf 'status %s\\n' "${PIPESTATUS[0]}" >&9
done
"""


class Host:
    """A machine whose first process is systemd: runs lines of shell there."""

    # One for all peers of a stage.
    shared = None
    users = 0

    @classmethod
    def enter(cls, stage):
        if cls.shared is None:
            cls.shared = cls(stage)
        cls.users += 1
        return cls.shared

    def __init__(self, stage):
        self.stage = stage
        self.here = os.path.isdir("/run/systemd/system")
        self.place = stage.new_directory("systemd-host")
        for name in ("tiny", "thicket", "timed"):
            shutil.copy(stage.programs[name], self.place / name)
        self.inside = self.place if self.here else pathlib.Path("/run/job")
        if not self.here:
            self.boot()

    def boot(self):
        for name in ("asked", "answered"):
            os.mkfifo(self.place / name)
        (self.place / "run").write_text(AGENT)
        (self.place / "run").chmod(0o755)
        self.asked = os.open(self.place / "asked", os.O_RDWR)
        self.answered = os.fdopen(os.open(self.place / "answered", os.O_RDWR), "rb", buffering=0)
        # The container makes its control group beside ours, and removes it.
        self.log = self.place / "log"
        with open(self.log, "wb") as log:
            self.container = subprocess.Popen([str(CONTAINER), SUITE, str(self.place)], stdin=subprocess.DEVNULL,
                                              stdout=log, stderr=log)
        self.answer(60)

    def answer(self, seconds):
        lines = []
        while True:
            if not select.select([self.answered], [], [], seconds)[0]:
                raise Cannot("the container says nothing: " + self.log.read_text()[-300:].strip())
            line = self.answered.readline().decode().strip()
            if line == "status 0":
                return "\n".join(lines)
            if line.startswith("status "):
                raise Cannot(f"exit {line}: " + (self.place / "said").read_text())
            lines.append(line)

    def run(self, line, seconds=60):
        if self.here:
            return self.stage.run(["bash", "-c", line], seconds=seconds)
        os.write(self.asked, (line + "\n").encode())
        return self.answer(seconds)

    def leave(self):
        Host.users -= 1
        if Host.users > 0:
            return
        Host.shared = None
        if self.here:
            return
        self.container.terminate()
        self.container.wait(30)
        os.close(self.asked)
        self.answered.close()


class SystemdRun(Peer):
    name = "systemd-run"
    origin = "systemd"
    start_what = "systemd-run --wait"
    run_what = "systemd-run --wait"
    kill_what = "systemctl stop"
    words = ("systemd-run", "--quiet", "--collect", "--wait")
    slow = True
    host = None

    def why_absent(self):
        return "" if os.path.isdir("/run/systemd/system") or CONTAINER.exists() else "no systemd and no tests/host"

    def version(self):
        where = "on this machine" if self.host.here else f"in a container of Debian {SUITE}"
        return self.host.run("systemctl --version").split("\n")[0] + ", " + where

    def begin(self):
        self.host = Host.enter(self.stage)

    def rename(self, words):
        """Programs are where the host has them."""
        return [str(self.host.inside / pathlib.Path(words[0]).name), *words[1:]]

    def timed(self, count, parallel, seconds, words):
        line = [str(self.host.inside / "timed"), str(count), str(parallel), str(seconds), "--", *self.words]
        return self.host.run(" ".join([*line, *self.rename(words)]), seconds + 30)

    def job(self, words):
        return [[*self.words, *words]]

    command = job

    def plant(self, words):
        self.host.run(" ".join(["systemd-run --quiet --collect --unit=tree", *self.rename(words)]))

    def fell(self):
        self.host.run("systemctl stop tree")

    def leave(self):
        if self.host:
            self.host.leave()


class SystemdScope(SystemdRun):
    name = "systemd-scope"
    start_what = ""
    run_what = "systemd-run --scope"
    kill_what = ""
    output_what = ""
    words = ("systemd-run", "--quiet", "--collect", "--scope")


PEERS = (SystemdRun, SystemdScope)
