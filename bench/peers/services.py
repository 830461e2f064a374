"""runit and s6: a supervising process for each service, and a FIFO to tell it what to do."""

import ctypes
import os
import struct

from peer import Peer, bytes_below, debian_version
from stage import Cannot, await_true


class Supervised(Peer):
    """Services that are told to run once; that they are down again, and how they ended, is found out by `ended`."""

    slots = 16
    # The process that supervises one directory.
    supervisor = ""
    # Which of our programs is a service.
    service_program = ""

    def make_service(self, name):
        service = self.directory / name
        service.mkdir()
        (service / "down").touch()
        return service

    def supervise(self, service):
        self.stage.start([self.supervisor, str(service)], self.group, self.directory / "said")
        await_true(lambda: self.listens(service), f"{self.supervisor} in {service.name}")

    def listens(self, service):
        try:
            os.close(os.open(service / "supervise" / "control", os.O_WRONLY | os.O_NONBLOCK))
            return True
        except OSError:
            return False

    def begin(self):
        self.services, self.controls, self.events = [], [], []

    def prepare(self, words, slots):
        for slot in range(len(self.services), self.most or slots):
            service = self.make_service(f"slot-{slot}")
            (service / "run").symlink_to(self.stage.programs[self.service_program])
            self.events.append(self.watch(service, slot))
            self.services.append(service)
            self.controls.append(os.open(service / "supervise" / "control", os.O_WRONLY | os.O_NONBLOCK))

    def watch(self, service, slot):
        """Supervises it; a descriptor that is readable when its state has changed."""
        raise NotImplementedError

    def ended(self, slot, events):
        """Whether it is down again, with success."""
        raise NotImplementedError

    def service_of(self, slot):
        return slot

    def send(self, slot):
        os.write(self.controls[self.service_of(slot)], b"o")

    def fileno(self, slot):
        return self.events[self.service_of(slot)]

    def take(self, slot):
        service = self.service_of(slot)
        return self.ended(service, os.read(self.events[service], 65536))

    def plant(self, words):
        if not hasattr(self, "tree"):
            self.tree = self.make_service("tree")
            (self.tree / "run").write_text("#!/bin/sh\nexec $(cat words)\n")
            (self.tree / "run").chmod(0o755)
            self.supervise(self.tree)
        (self.tree / "words").write_text(" ".join(words))
        with open(self.tree / "supervise" / "control", "wb", buffering=0) as control:
            control.write(b"o")

    def hold(self, words, numbers):
        for number in numbers:
            service = self.make_service(f"idle-{number}")
            (service / "run").write_text("#!/bin/sh\nexec " + " ".join(words) + "\n")
            (service / "run").chmod(0o755)
            self.supervise(service)
            with open(service / "supervise" / "control", "wb", buffering=0) as control:
                control.write(b"u")

    def leave(self):
        for descriptor in self.controls + self.events:
            os.close(descriptor)

    def capture_by(self, line, words, log):
        self.stage.run(["/bin/sh", "-c", line, "sh", *words], self.group, seconds=300,
                       env={**os.environ, "log": str(log)})
        size = bytes_below(log)
        for path in log.iterdir():
            if path.name != "config":
                path.unlink()
        return size

    def log_directory(self):
        log = self.directory / "log"
        log.mkdir(exist_ok=True)
        return log


class Runit(Supervised):
    """It replaces supervise/status at each change of state; that it ran with success is for ./finish to tell. After a
    run of less than a second runsv sleeps for one: so each of many services runs once a round."""

    name = "runit"
    origin = "Debian's runit"
    program = "runsv"
    supervisor = "runsv"
    service_program = "tiny"
    most = 64
    start_what = "o to runsv's control, until supervise/status says down (64 services, one run of each a round: runsv rests)"
    kill_what = "sv force-stop"
    output_what = "PROGRAM | svlogd"
    memory_what = "a runsv for each"

    def version(self):
        return debian_version(self.stage, "runit")

    def begin(self):
        super().begin()
        self.results = []
        self.used_by, self.used = {}, 0

    def service_of(self, slot):
        return self.used_by[slot]

    def send(self, slot):
        self.used_by[slot] = self.used % self.most
        self.used += 1
        super().send(slot)

    def watch(self, service, slot):
        os.mkfifo(service / "result")
        (service / "finish").symlink_to(self.stage.programs["tell"])
        # For writing, too, so that it does not end with each writer.
        self.results.append(os.open(service / "result", os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC))
        self.supervise(service)
        return watch_renames(service / "supervise")

    def ended(self, slot, events):
        status = (self.services[slot] / "supervise" / "status").read_bytes()
        pid, state = struct.unpack_from("<I", status, 12)[0], status[19]
        if pid != 0 or state != 0:
            return False
        try:
            said = os.read(self.results[slot], 64)
        except BlockingIOError:
            return False
        if said != b"0\n":
            raise Cannot(f"a run ended with {said!r}")
        return True

    def leave(self):
        super().leave()
        for descriptor in self.results:
            os.close(descriptor)

    def fell(self):
        self.stage.run(["sv", "-w", "10", "force-stop", str(self.tree)])

    def capture(self, words):
        log = self.log_directory()
        # No rotation.
        (log / "config").write_text("s0\n")
        return self.capture_by('"$@" | svlogd "$log"', words, log)


def watch_renames(directory):
    library = ctypes.CDLL(None, use_errno=True)
    descriptor = library.inotify_init1(os.O_CLOEXEC)
    moved_to = 0x80
    if descriptor < 0 or library.inotify_add_watch(descriptor, os.fsencode(directory), moved_to) < 0:
        raise OSError(ctypes.get_errno(), "inotify")
    return descriptor


class S6(Supervised):
    """It tells every change of state to the FIFOs in the service's event/: D is down, finished, and ready for the next."""

    name = "s6"
    origin = "Debian's s6"
    program = "s6-supervise"
    supervisor = "s6-supervise"
    service_program = "finished"
    start_what = "o to s6-supervise's control, until its event D"
    kill_what = "s6-svc -wD -d"
    output_what = "PROGRAM | s6-log"
    memory_what = "an s6-supervise for each"

    def version(self):
        return debian_version(self.stage, "s6")

    def watch(self, service, slot):
        self.supervise(service)
        # The form of name that it looks for (skalibs' ftrig).
        path = service / "event" / f"ftrig1:@400000006b089b9d2af13838:slot{slot:02}"
        os.mkfifo(path)
        return os.open(path, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)

    def ended(self, slot, events):
        if b"D" not in events:
            return False
        wait_status = (self.services[slot] / "supervise" / "status").read_bytes()[32:34]
        if wait_status != b"\0\0":
            raise Cannot(f"a run ended with wait status {wait_status!r}")
        return True

    def fell(self):
        self.stage.run(["s6-svc", "-wD", "-T", "10000", "-d", str(self.tree)])

    def capture(self, words):
        # The largest files that it takes, and as many as are needed.
        return self.capture_by('"$@" | s6-log n99 s268435455 "$log"', words, self.log_directory())


PEERS = (Runit, S6)
