"""Queues of commands: task-spooler, nq, pueue. Their clients are their interface."""

import os
import pathlib
import shutil

from peer import Peer, debian_version, first_line
from stage import await_true


class TaskSpooler(Peer):
    name = "task-spooler"
    origin = "Debian's task-spooler"
    program = "tsp"
    start_what = "tsp -nf PROGRAM"
    run_what = "tsp -nf PROGRAM"
    kill_what = "tsp -k, tsp -w"
    output_what = "tsp -f PROGRAM; it gives the job a file"
    memory_what = "the server, and a tsp for each"

    def version(self):
        return debian_version(self.stage, "task-spooler")

    def begin(self):
        # The server is started by the first client, and so in our group.
        self.clients = ["env", f"TS_SOCKET={self.directory}/socket", f"TMPDIR={self.directory}", "TS_MAXFINISHED=20",
                        "tsp"]
        self.stage.run([*self.clients, "-S", "16"], self.group)

    def job(self, words):
        os.environ["TS_SOCKET"] = f"{self.directory}/socket"
        return [["tsp", "-nf", *words]]

    command = job

    def plant(self, words):
        self.stage.run([*self.clients, "-n", *words], self.group)

    def fell(self):
        """Of the last one; -w ends as the job ended."""
        self.stage.run([*self.clients, "-k"])
        self.stage.run(["sh", "-c", '"$@" || true', "sh", *self.clients, "-w"])

    def capture(self, words):
        self.stage.run([*self.clients, "-f", *words], self.group)
        log = pathlib.Path(self.stage.run([*self.clients, "-o"]).strip())
        size = log.stat().st_size
        log.unlink()
        return size

    def hold(self, words, numbers):
        self.stage.run([*self.clients, "-S", str(numbers.stop + 16)])
        for _ in numbers:
            self.stage.run([*self.clients, "-n", *words], self.group)

    def leave(self):
        self.stage.run([*self.clients, "-K"])


class Nq(Peer):
    name = "nq"
    origin = "Debian's nq"
    program = "nq"
    start_what = "nq PROGRAM, nq -w"
    run_what = "nq PROGRAM, nq -w"
    output_what = "nq PROGRAM, nq -w; it gives the job a file"

    def version(self):
        return debian_version(self.stage, "nq")

    def begin(self):
        self.logs = self.stage.new_directory("nq-logs")

    def job(self, words):
        # A directory is a queue, in which one follows the other: one for each of those at the same time. What is
        # finished goes, for a client looks at all that is in there.
        for slot in range(64):
            (self.logs / str(slot)).mkdir(exist_ok=True)
        queue = f"NQDIR={self.logs}/{{slot}}"
        return [["env", queue, "nq", "-c", "-q", *words], ["env", queue, "nq", "-w"]]

    command = job

    def capture(self, words):
        queue = {**os.environ, "NQDIR": str(self.logs)}
        log = self.logs / self.stage.run(["nq", *words], self.group, env=queue).strip()
        self.stage.run(["nq", "-w"], self.group, env=queue)
        size = log.stat().st_size
        log.unlink()
        return size


class Pueue(Peer):
    name = "pueue"
    origin = "crates.io's pueue"
    start_what = "pueue add --immediate, pueue wait"
    kill_what = "pueue kill, pueue wait"
    memory_what = "pueued"
    slow = True

    def why_absent(self):
        return "" if self.program_path("pueued") else "pueued is not installed (bench/peers/install says why)"

    def program_path(self, name):
        own = pathlib.Path(os.environ.get("COPPICE_PEERS", pathlib.Path.home() / ".cache/coppice/peers")) / "pueue/bin" / name
        return str(own) if own.exists() else shutil.which(name)

    def version(self):
        return first_line(self.stage, [self.program_path("pueue"), "--version"])

    def begin(self):
        self.configuration = self.directory / "pueue.yml"
        self.configuration.write_text(
            f"shared:\n  pueue_directory: {self.directory}\n  runtime_directory: {self.directory}\n"
            "  use_unix_socket: true\ndaemon:\n  default_parallel_tasks: 16\nclient: {}\nprofiles: {}\n")
        options = ["-c", str(self.configuration)]
        self.stage.start([self.program_path("pueued"), *options], self.group, self.directory / "said")
        self.client = [self.program_path("pueue"), *options]
        await_true(lambda: any(self.directory.glob("*.socket")), "pueued's socket")

    def job(self, words):
        return [["sh", "-c", '"$@" >"$0"', f"{self.directory}/{{slot}}", *self.client, "add", "--immediate",
                 "--print-task-id", "--", *words],
                ["sh", "-c", '"$@" $(cat "$0")', f"{self.directory}/{{slot}}", *self.client, "wait", "--quiet"]]

    def plant(self, words):
        self.number = self.stage.run([*self.client, "add", "--immediate", "--print-task-id", "--", *words]).strip()

    def fell(self):
        self.stage.run([*self.client, "kill", self.number])
        self.stage.run([*self.client, "wait", "--quiet", self.number])

    def hold(self, words, numbers):
        for _ in numbers:
            self.stage.run([*self.client, "add", "--immediate", "--", *words])


PEERS = (TaskSpooler, Nq, Pueue)
