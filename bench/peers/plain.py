"""What needs no peer: the kernel and a shell."""

import os
import signal
import subprocess

from marks import descendants, send_kill
from peer import Peer, bytes_below


class Plain(Peer):
    def capture_by(self, line, words):
        """A line of shell in which "$@" is the job and $log its log."""
        log = self.directory / "log"
        self.stage.run(["/bin/sh", "-c", line, "sh", *words], self.group, env={**os.environ, "log": str(log)})
        size = bytes_below(log) if log.is_dir() else log.stat().st_size
        if log.is_file():
            log.unlink()
        return size


class Exec(Plain):
    name = "exec"
    origin = "the kernel"
    start_what = "posix_spawn and waitpid"
    run_what = "the program itself"
    output_what = "the job writes its file itself"

    def job(self, words):
        return [words]

    command = job

    def capture(self, words):
        return self.capture_by('exec "$@" >"$log"', words)


class ProcLoop(Plain):
    name = "proc-loop"
    origin = "the kernel"
    kill_what = "SIGKILL to each process that /proc shows below the main one, until none is found"

    def plant(self, words):
        self.main = subprocess.Popen(self.group.words(words), start_new_session=True)

    def fell(self):
        while True:
            found = descendants(self.main.pid)
            for pid in found:
                send_kill(pid)
            self.main.wait()
            if not found:
                return


class ProcessGroup(Plain):
    name = "process-group"
    origin = "the kernel"
    kill_what = "SIGKILL to the process group"

    def plant(self, words):
        self.main = subprocess.Popen(self.group.words(words), start_new_session=True)

    def fell(self):
        os.killpg(self.main.pid, signal.SIGKILL)
        self.main.wait()


class Shell(Plain):
    name = "sh"
    origin = "Debian's dash"
    program = "sh"
    run_what = "sh -c PROGRAM"
    output_what = "PROGRAM | cat >FILE"

    def job(self, words):
        # A shell would become the last program of its line.
        return [["/bin/sh", "-c", " ".join(words) + "; exit $?"]]

    command = job

    def capture(self, words):
        return self.capture_by('"$@" | cat >"$log"', words)


class Tee(Plain):
    name = "tee"
    origin = "Debian's coreutils"
    program = "tee"
    output_what = "PROGRAM | tee FILE"

    def capture(self, words):
        return self.capture_by('"$@" | tee "$log" >/dev/null', words)


class Splice(Plain):
    name = "splice"
    origin = "bench/floor"
    output_what = "bare loop: pipe, splice, file"

    def capture(self, words):
        logs = self.directory / "logs"
        logs.mkdir(exist_ok=True)
        self.stage.run([self.stage.programs["splice"], "1", str(logs), *words], self.group)
        size = bytes_below(logs)
        for path in logs.iterdir():
            path.unlink()
        return size


PEERS = (Exec, ProcLoop, ProcessGroup, Shell, Tee, Splice)
