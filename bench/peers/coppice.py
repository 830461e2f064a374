"""Coppice itself, by the same means: a socket for its API, a command line for its client."""

import json
import os
import pathlib
import re
import select
import socket

from peer import Peer, bytes_below, first_line
from stage import Cannot, await_true


class Connection:
    """One connection to the API, without a library: a call is JSON and a NUL byte."""

    def __init__(self, address):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(address)
        self.rest = b""

    def send(self, message):
        self.socket.sendall(message)

    def receive(self):
        while b"\0" not in self.rest:
            got = self.socket.recv(1 << 20)
            if not got:
                raise Cannot("coppiced hung up")
            self.rest += got
        reply, _, self.rest = self.rest.partition(b"\0")
        return reply

    def call(self, method, parameters):
        self.send(message(method, parameters))
        reply = json.loads(self.receive())
        if reply.get("error"):
            raise Cannot(f"{reply['error']} {reply.get('parameters')}")
        return reply["parameters"]


def message(method, parameters):
    return json.dumps({"method": f"io.coppice.Jobs.{method}", "parameters": parameters}).encode() + b"\0"


def job_of(words):
    return {"spec": {"commands": [{"argv": words}]}}


class Coppice(Peer):
    name = "coppice"
    origin = "this tree"
    start_what = "API: Run, with the output in a log"
    kill_what = "API: Kill; the reply is the proof"
    output_what = "API: Run"
    memory_what = "daemon and keeper"
    slots = 64

    def version(self):
        return first_line(self.stage, [self.stage.programs["coppice"], "--version"])

    def begin(self):
        self.socket = str(self.directory / "socket")
        self.state = self.directory / "state"
        self.process = self.start_daemon()
        self.calls = Connection(self.socket)
        self.connections = {}

    def start_daemon(self):
        ready, told = os.pipe()
        words = [self.stage.programs["coppiced"], "--socket", self.socket, "--state", str(self.state),
                 "--runtime", str(self.directory / "run"), "--ready-fd", str(told)]
        process = self.stage.start(words, self.group, self.directory / "said", pass_fds=[told])
        os.close(told)
        with open(ready, "rb") as stream:
            select.select([stream], [], [], 30)
            if not stream.read(1):
                raise Cannot("coppiced did not start: " + (self.directory / "said").read_text()[-300:])
        # It says where it makes the groups of its jobs, which need not be below its own; perhaps a moment after it is ready.
        await_true(self.told_home, "what it says of its groups")
        home = self.told_home()
        if self.group.path and self.group.path not in pathlib.Path(home.group(1)).parents:
            self.group.adopt(pathlib.Path(home.group(1)))
        return process

    def told_home(self):
        return re.search(r"jobs in (/\S+)", (self.directory / "said").read_text())

    def leave(self):
        """It ends by itself, so that what it holds elsewhere goes too."""
        self.process.terminate()
        self.process.wait(60)

    def prepare(self, words, slots):
        self.request = message("Run", job_of(words))
        self.connections = {slot: Connection(self.socket) for slot in range(slots)}

    def send(self, slot):
        self.connections[slot].send(self.request)

    def fileno(self, slot):
        return self.connections[slot].socket.fileno()

    def take(self, slot):
        reply = self.connections[slot].receive()
        if b'"outcome":"succeeded"' not in reply:
            raise Cannot("a job failed: " + reply.decode())
        return True

    def plant(self, words):
        self.reference = {"id": self.calls.call("Start", job_of(words))["job"]["id"]}

    def fell(self):
        self.calls.call("Kill", {"job": self.reference})

    def capture(self, words):
        job = {"id": self.calls.call("Start", job_of(words))["job"]["id"]}
        self.calls.call("Wait", {"job": job})
        size = bytes_below(self.state)
        self.calls.call("Remove", {"job": job})
        return size

    def hold(self, words, numbers):
        for _ in numbers:
            self.calls.call("Start", job_of(words))


class CoppiceClient(Coppice):
    """Its command line, as a whole process, to a daemon that runs."""

    name = "coppice-run"
    start_what = "coppice run -- PROGRAM"
    run_what = "coppice run -- PROGRAM"
    kill_what = "coppice kill"
    output_what = ""
    memory_what = ""
    slots = 0

    def job(self, words):
        return [[self.stage.programs["coppice"], "--socket", self.socket, "run", "--", *words]]

    command = job

    def fell(self):
        self.stage.run([self.stage.programs["coppice"], "--socket", self.socket, "kill", self.reference["id"]])


PEERS = (Coppice, CoppiceClient)
