"""Where peers perform: a directory and control groups of our own, and the programs that they are made to run.

Everything that runs on a stage is born in a control group of it, so that nothing is left when the stage is struck, whatever a
peer did, and so that the CPU time of all of a peer's processes is known, of those that have ended too.
"""

import os
import pathlib
import secrets
import select
import shutil
import subprocess
import tempfile
import time


class Cannot(Exception):
    """A peer, or this machine, cannot do this; the text says why, for the page."""


class Group:
    """A control group, or nothing where none can be made: then processes are ended by pid alone and have no CPU time."""

    def __init__(self, path):
        self.path = path
        # Those that a peer made elsewhere for its own.
        self.others = []
        if path:
            path.mkdir()

    def adopt(self, path):
        if self.path:
            self.others.append(path)

    def paths(self):
        return [self.path, *self.others] if self.path else []

    def words(self, words):
        """Those words, as they are started in the group."""
        if not self.path:
            return words
        return ["/bin/sh", "-c", f'echo $$ >"{self.path}/cgroup.procs" && exec "$@"', "sh", *words]

    def cpu_seconds(self):
        lines = [line.split() for path in self.paths() for line in (path / "cpu.stat").read_text().splitlines()]
        used = [int(number) for name, number in lines if name == "usage_usec"]
        return sum(used) / 1e6 if used else None

    def strike(self):
        for path in self.paths():
            if path.exists():
                strike(path)


def strike(path):
    (path / "cgroup.kill").write_text("1")
    await_empty(path)
    for folder, _, _ in os.walk(path, topdown=False):
        os.rmdir(folder)


def await_empty(path):
    """The kernel tells changes of cgroup.events late, so it is read again now and then."""
    with open(path / "cgroup.events", encoding="ascii") as events:
        changes = select.poll()
        changes.register(events, select.POLLPRI)
        deadline = time.monotonic() + 30
        while "populated 1" in events.read():
            if time.monotonic() > deadline:
                raise RuntimeError(f"{path} does not become empty")
            changes.poll(20)
            events.seek(0)


def text_of(file):
    file.seek(0)
    return file.read().decode(errors="replace")


def cgroup2_mount():
    with open("/proc/self/mounts", encoding="utf-8") as mounts:
        for line in mounts:
            words = line.split()
            if words[2] == "cgroup2":
                return pathlib.Path(words[1])
    return None


def own_group(mount):
    with open("/proc/self/cgroup", encoding="utf-8") as groups:
        for line in groups:
            if line.startswith("0::"):
                return mount / line[3:].strip().lstrip("/")
    return mount


class Stage:
    def __init__(self, programs, place=None):
        """`programs`: name to path of those of compare.PROGRAMS."""
        self.programs = {name: str(pathlib.Path(path).absolute()) for name, path in programs.items()}
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="coppice-peers-", dir=place))
        self.directory.chmod(0o755)
        self.without_groups = ""
        self.root = self.make_root()
        self.groups = []
        self.daemons = []
        # Elsewhere; to go when nobody is left who could make them again.
        self.traces = []

    def make_root(self):
        mount = cgroup2_mount()
        if mount is None:
            self.without_groups = "no cgroup2 is mounted"
            return None
        for parent in (own_group(mount), mount):
            try:
                path = parent / f"coppice-peers-{secrets.token_hex(6)}"
                path.mkdir()
                return path
            except OSError as error:
                self.without_groups = f"no control group can be made: {error}"
        return None

    def new_group(self, name):
        group = Group(self.root / name if self.root else None)
        self.groups.append(group)
        return group

    def new_directory(self, name):
        path = self.directory / name
        path.mkdir(parents=True)
        return path

    def start(self, words, group, log, **options):
        """A daemon; what it says goes to the log."""
        with open(log, "ab") as output:
            daemon = subprocess.Popen(group.words(words), stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                                      start_new_session=True, **options)
        self.daemons.append(daemon)
        return daemon

    def run(self, words, group=None, seconds=60, **options):
        """To its end, and returns what it said; raises Cannot if it failed. Into files, for what it leaves behind may go
        on holding its streams."""
        words = group.words(words) if group else words
        with tempfile.TemporaryFile(dir=self.directory) as output, tempfile.TemporaryFile(dir=self.directory) as error:
            try:
                ended = subprocess.run(words, stdin=subprocess.DEVNULL, stdout=output, stderr=error, timeout=seconds,
                                       check=False, **options)
            except subprocess.TimeoutExpired as late:
                raise Cannot(f"{words[-1]} was not over after {seconds} s") from late
            if ended.returncode != 0:
                said = text_of(error).strip() or "nothing said"
                raise Cannot(f"exit status {ended.returncode}: {said[-300:]}")
            return text_of(output)

    def strike(self):
        """Ends all that is left and removes what was made."""
        for daemon in self.daemons:
            if daemon.poll() is None:
                daemon.kill()
            daemon.wait()
        for group in self.groups:
            group.strike()
        if self.root:
            self.root.rmdir()
        for path in [self.directory, *self.traces]:
            shutil.rmtree(path, ignore_errors=True)


def await_true(condition, what, seconds=20):
    """For what tells of itself in no other way: looked at again every few milliseconds."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise Cannot(f"{what} did not happen within {seconds} s")
        select.select([], [], [], 0.005)
