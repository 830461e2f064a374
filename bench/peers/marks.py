"""Processes by the mark in their command line, and by their parents. Each is held by a pidfd from before it is signalled."""

import os
import select
import signal
import time

from stage import await_true


def all_pids():
    return [int(name) for name in os.listdir("/proc") if name.isdigit()]


def command_line(pid):
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as stream:
            return stream.read().decode(errors="replace").split("\0")
    except OSError:
        return []


def marked(mark, program="thicket"):
    """Those that run the program with the mark; not who was merely told to start it."""
    found = []
    for pid in all_pids():
        words = command_line(pid)
        if mark in words and os.path.basename(words[0]) == program:
            found.append(pid)
    return found


def parents():
    found = {}
    for pid in all_pids():
        try:
            with open(f"/proc/{pid}/stat", "rb") as stream:
                found[pid] = int(stream.read().rpartition(b")")[2].split()[1])
        except OSError:
            continue
    return found


def descendants(root):
    """It and all below it, as /proc has it now: nothing that was adopted elsewhere, nothing that has ended."""
    known = parents()
    found = []
    level = [root] if root in known and alive(root) else []
    while level:
        found += level
        level = [pid for pid, parent in known.items() if parent in level and alive(pid)]
    return found


def alive(pid):
    try:
        with open(f"/proc/{pid}/stat", "rb") as stream:
            return stream.read().rpartition(b")")[2].split()[0] not in (b"Z", b"X")
    except OSError:
        return False


def send_kill(pid):
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


class Members:
    """All of a tree that carries a mark."""

    def __init__(self, mark, count):
        self.descriptors = []
        await_true(lambda: self.hold(mark, count), f"a tree of {count} processes")

    def hold(self, mark, count):
        """All of them, once they are that many and stay the same: one that forks twice is there for a moment."""
        pids = marked(mark)
        if len(pids) != count or marked(mark) != pids:
            return False
        try:
            for pid in pids:
                self.descriptors.append(os.pidfd_open(pid))
            return True
        except ProcessLookupError:
            self.let_go()
            return False

    def let_go(self):
        for descriptor in self.descriptors:
            os.close(descriptor)
        self.descriptors = []

    def living(self, seconds):
        """Those that have not ended that long from now."""
        waits = select.poll()
        living = set(self.descriptors)
        for descriptor in living:
            waits.register(descriptor, select.POLLIN)
        deadline = time.monotonic() + seconds
        while living:
            left = max(0, deadline - time.monotonic())
            ended = waits.poll(left * 1000)
            for descriptor, _ in ended:
                waits.unregister(descriptor)
                living.discard(descriptor)
            if not ended and left == 0:
                break
        return living

    def end(self, living):
        for descriptor in living:
            try:
                signal.pidfd_send_signal(descriptor, signal.SIGKILL)
            except ProcessLookupError:
                pass
        self.living(10)
        self.let_go()
