"""pm2, through its own module in a process of Node's."""

import os
import pathlib
import select
import subprocess

from peer import Peer
from stage import Cannot, await_true

HERE = pathlib.Path(__file__).absolute().parent


class Pm2(Peer):
    name = "pm2"
    origin = "npm's pm2"
    program = "node"
    start_what = "module: pm2.start, exit on its bus"
    kill_what = "module: pm2.delete"
    output_what = "out_file, pm2.start until exit on its bus"
    memory_what = "its daemon, and a client of ours"
    slots = 1
    slow = True

    def why_absent(self):
        return super().why_absent() or ("" if self.module().exists() else "pm2 is not installed (bench/peers/install)")

    def module(self):
        place = os.environ.get("COPPICE_PEERS", pathlib.Path.home() / ".cache/coppice/peers")
        return pathlib.Path(place) / "pm2/node_modules/pm2"

    def version(self):
        text = (self.module() / "package.json").read_text()
        return text.partition('"version": "')[2].partition('"')[0]

    def begin(self):
        words = ["node", str(HERE / "pm2.js"), str(self.module()), str(self.directory)]
        environment = {**os.environ, "PM2_HOME": str(self.directory / "home")}
        self.driver = subprocess.Popen(self.group.words(words), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                       stderr=subprocess.DEVNULL, env=environment, bufsize=0, start_new_session=True)
        self.await_answer("ready")

    def tell(self, *words):
        self.driver.stdin.write((" ".join(words) + "\n").encode())

    def await_answer(self, expected, seconds=60):
        if not select.select([self.driver.stdout], [], [], seconds)[0]:
            raise Cannot(f"no answer within {seconds} s")
        said = self.driver.stdout.readline().decode().strip()
        if said != expected:
            raise Cannot(f"said {said!r} instead of {expected!r}")

    def prepare(self, words, slots):
        self.words = words

    def send(self, slot):
        self.tell("run", *self.words)

    def fileno(self, slot):
        return self.driver.stdout.fileno()

    def take(self, slot):
        self.await_answer("ended 0")
        return True

    def plant(self, words):
        self.tell("plant", "tree", *words)
        self.await_answer("planted")

    def fell(self):
        self.tell("fell")
        self.await_answer("felled")

    def capture(self, words):
        self.tell("run", *words)
        self.await_answer("ended 0")
        # The exit is told before the last of the output is in the file.
        log, expected = self.directory / f"job-writer-{words[-1]}.out", int(words[-1])
        await_true(lambda: log.stat().st_size >= expected, f"{expected} bytes in pm2's log")
        size = log.stat().st_size
        os.truncate(log, 0)
        return size

    def hold(self, words, numbers):
        for number in numbers:
            self.tell("plant", f"idle-{number}", *words)
            self.await_answer("planted")

    def leave(self):
        self.driver.stdin.close()
        try:
            self.driver.wait(20)
        except subprocess.TimeoutExpired:
            self.driver.kill()
        self.driver.wait()


PEERS = (Pm2,)
