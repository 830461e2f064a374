"""What every peer is: a name, where it comes from, and what it can do. What one cannot do it leaves as it is here."""

import shutil

from stage import Cannot


class Peer:
    # In tables and in file names.
    name = ""
    # Where it is installed from, for people: "Debian's s6", "npm's pm2".
    origin = ""
    # Must be in PATH.
    program = ""
    # What it is that is measured, one phrase for each topic that the peer takes part in.
    start_what = ""
    run_what = ""
    kill_what = ""
    output_what = ""
    memory_what = ""
    # Takes a tenth of a second or so: asked for fewer.
    slow = False
    # Of jobs in a round, where a peer has a bound of its own; 0 for none.
    most = 0
    # Of jobs that are held at once.
    most_idle = 100
    # What `timed` is started by, for peers that need a view of the machine of their own.
    within = ()

    def __init__(self, stage):
        self.stage = stage
        self.group = None
        self.directory = None

    def why_absent(self):
        """Empty if it is there."""
        return "" if not self.program or shutil.which(self.program) else f"{self.program} is not installed"

    def version(self):
        return ""

    def enter(self):
        """Makes what it needs, and starts its daemon if it has one."""
        self.group = self.stage.new_group(self.name)
        self.directory = self.stage.new_directory(self.name)
        self.begin()

    def begin(self):
        pass

    def leave(self):
        """What it made outside of its control group and directory goes."""

    # start: from asking for a job to knowing its exit status. Either programs that `timed` runs …
    def job(self, words):
        """A list of programs; in their words {} is the round, {slot} which of those at the same time."""
        del words

    # … or an exchange over descriptors: send to `slot`, wait for fileno(slot), take until that says True.
    slots = 0

    def prepare(self, words, slots):
        raise Cannot("is not asked for jobs this way")

    def send(self, slot):
        raise NotImplementedError

    def fileno(self, slot):
        raise NotImplementedError

    def take(self, slot):
        raise NotImplementedError

    # run: one command that runs a program and ends as it ended, as in `job`.
    def command(self, words):
        del words

    # kill: starts the program, then ends all that came of it; returns when the peer says that it is over.
    def plant(self, words):
        raise NotImplementedError

    def fell(self):
        raise NotImplementedError

    # output: runs the program until its output is kept; says how many bytes that are.
    def capture(self, words):
        raise NotImplementedError

    # memory: starts one that waits for each of a range of numbers.
    def hold(self, words, numbers):
        raise NotImplementedError


def first_line(stage, words):
    """Of what a program says to such words, or nothing."""
    try:
        return stage.run(words, seconds=20).strip().splitlines()[0].strip()
    except (Cannot, IndexError, OSError):
        return ""


def debian_version(stage, package):
    try:
        return stage.run(["dpkg-query", "-W", "-f", "${Version}", package])
    except (Cannot, OSError):
        return ""


def bytes_below(directory):
    return sum(path.stat().st_size for path in directory.rglob("*") if path.is_file())
