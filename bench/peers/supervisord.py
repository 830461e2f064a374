"""supervisor, over XML-RPC on its socket, without a library so that several calls can be under way."""

import re
import socket
import xmlrpc.client

from peer import Peer, debian_version
from stage import Cannot, await_true

CONFIGURATION = """
[supervisord]
nodaemon=true
logfile={directory}/supervisord.log
logfile_maxbytes=0
pidfile={directory}/pid
childlogdir={directory}
[unix_http_server]
file={directory}/socket
[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface
"""

PROGRAM = """
[program:{name}]
command={command}
autostart=false
autorestart=false
startsecs=0
startretries=0
stopasgroup=true
killasgroup=true
stdout_logfile={log}
stdout_logfile_maxbytes=0
"""

IDLE = PROGRAM + """numprocs={count}
process_name=%(process_num)d
"""

STATE = re.compile(rb"<name>statename</name>\s*<value><string>(\w+)</string>")
STATUS = re.compile(rb"<name>exitstatus</name>\s*<value><int>(-?\d+)</int>")


class Supervisor(Peer):
    name = "supervisor"
    origin = "Debian's supervisor"
    program = "supervisord"
    start_what = "XML-RPC startProcess, then getProcessInfo until EXITED"
    kill_what = "XML-RPC stopProcess, killasgroup"
    output_what = "stdout_logfile, startProcess until EXITED"
    memory_what = "supervisord"
    slots = 16

    def version(self):
        return debian_version(self.stage, "supervisor")

    def begin(self):
        self.words = self.directory / "words"
        self.log = self.directory / "log"
        sections = [CONFIGURATION.format(directory=self.directory)]
        tiny = self.stage.programs["tiny"]
        sections += [PROGRAM.format(name=f"slot{slot}", command=tiny, log="NONE") for slot in range(self.slots)]
        sections.append(PROGRAM.format(name="tree", command=f"/bin/sh -c 'exec $(cat {self.words})'", log=self.log))
        sections.append(IDLE.format(name="idle", command=tiny + " wait", log="NONE", count=self.most_idle))
        (self.directory / "conf").write_text("".join(sections))
        self.stage.start(["supervisord", "-c", str(self.directory / "conf")], self.group, self.directory / "said")
        await_true(self.answers, "supervisord's answer")
        self.connections = {}

    def answers(self):
        try:
            return bool(self.call("supervisor.getState"))
        except OSError:
            return False

    def connect(self, method, *arguments):
        """A request that is sent; the reply ends with the connection."""
        body = xmlrpc.client.dumps(arguments, method).encode()
        connection = socket.socket(socket.AF_UNIX)
        connection.connect(str(self.directory / "socket"))
        head = f"POST /RPC2 HTTP/1.0\r\nContent-Type: text/xml\r\nContent-Length: {len(body)}\r\n\r\n"
        connection.sendall(head.encode() + body)
        return connection

    def receive(self, connection):
        with connection:
            reply = b"".join(iter(lambda: connection.recv(65536), b""))
        if b"<fault>" in reply or not reply:
            raise Cannot("supervisord refused: " + reply[-300:].decode(errors="replace"))
        return reply

    def call(self, method, *arguments):
        return self.receive(self.connect(method, *arguments))

    def prepare(self, words, slots):
        self.connections = {}

    def send(self, slot):
        self.connections[slot] = self.connect("supervisor.startProcess", f"slot{slot}", False)

    def fileno(self, slot):
        return self.connections[slot].fileno()

    def take(self, slot):
        reply = self.receive(self.connections.pop(slot))
        state = STATE.search(reply)
        if state and state.group(1) == b"EXITED":
            if STATUS.search(reply).group(1) != b"0":
                raise Cannot("a run failed")
            return True
        self.connections[slot] = self.connect("supervisor.getProcessInfo", f"slot{slot}")
        return False

    def plant(self, words):
        self.words.write_text(" ".join(words))
        self.call("supervisor.startProcess", "tree", False)

    def fell(self):
        self.call("supervisor.stopProcess", "tree", True)

    def capture(self, words):
        self.plant(words)
        while STATE.search(self.call("supervisor.getProcessInfo", "tree")).group(1) != b"EXITED":
            pass
        size = self.log.stat().st_size
        self.call("supervisor.clearProcessLogs", "tree")
        return size

    def hold(self, words, numbers):
        for number in numbers:
            self.call("supervisor.startProcess", f"idle:{number}", False)


PEERS = (Supervisor,)
