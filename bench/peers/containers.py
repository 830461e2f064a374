"""Container runtimes: crun with a bundle of our own, podman with a root directory instead of an image."""

import json
import os
import pathlib
import secrets
import shutil
import tempfile

from peer import Peer, bytes_below, debian_version


# crun refuses a machine with both kinds of cgroups. It is shown one with cgroup2 alone, in a mount namespace of its own.
PURE = ("unshare", "--mount", "--propagation", "private", "sh", "-c",
        'mount -t cgroup2 cgroup2 /sys/fs/cgroup && exec "$@"', "sh")


def is_pure():
    return os.path.exists("/sys/fs/cgroup/cgroup.controllers")


class Container(Peer):
    @property
    def within(self):
        return () if is_pure() else PURE

    def make_root(self):
        """A root directory with the programs that peers run, under the names that they are asked for by."""
        self.root = self.directory / "root"
        for folder in ("proc", "dev", "sys", "etc", "run", "tmp"):
            (self.root / folder).mkdir(parents=True)
        for name in ("tiny", "thicket", "writer"):
            shutil.copy(self.stage.programs[name], self.root / name)
        self.prefix = secrets.token_hex(3)

    def inside(self, words):
        return ["/" + pathlib.Path(words[0]).name, *words[1:]]


class Crun(Container):
    name = "crun"
    origin = "Debian's crun"
    program = "crun"
    start_what = "crun run (PID, IPC, UTS and mount namespaces)"
    run_what = "crun run (PID, IPC, UTS and mount namespaces)"
    kill_what = "crun delete --force"

    def version(self):
        return debian_version(self.stage, "crun")

    def begin(self):
        self.make_root()
        self.options = ["crun", "--root", str(self.directory / "state"), "--cgroup-manager=disabled"]

    def make_bundle(self, name, words):
        bundle = self.directory / name
        if not bundle.exists():
            bundle.mkdir()
            self.stage.run(["crun", "spec"], cwd=bundle)
        path = bundle / "config.json"
        configuration = json.loads(path.read_text())
        configuration["process"]["terminal"] = False
        configuration["process"]["args"] = self.inside(words)
        configuration["root"] = {"path": str(self.root), "readonly": True}
        spaces = configuration["linux"]["namespaces"]
        configuration["linux"]["namespaces"] = [each for each in spaces if each["type"] not in ("network", "cgroup")]
        configuration["mounts"] = [each for each in configuration["mounts"] if each["type"] not in ("cgroup", "sysfs")]
        path.write_text(json.dumps(configuration))
        return str(bundle)

    def job(self, words):
        return [[*self.options, "run", "--bundle", self.make_bundle("job", words), self.prefix + "-{}"]]

    command = job

    def plant(self, words):
        self.tree = f"{self.prefix}-tree-{secrets.token_hex(3)}"
        self.stage.run([*self.within, *self.options, "run", "--detach", "--bundle", self.make_bundle("tree", words),
                        self.tree], self.group)

    def fell(self):
        self.stage.run([*self.within, *self.options, "delete", "--force", self.tree])


# Of all podmans of root, kept in memory wherever their state is.
LOCKS = pathlib.Path("/dev/shm/libpod_lock")
# podman asks for more than a process may have that cannot raise its limits.
LOW_LIMITS = ("--ulimit", "nofile=1024:1024", "--ulimit", "nproc=1000:1000")


class Podman(Container):
    name = "podman"
    origin = "Debian's podman"
    program = "podman"
    start_what = "podman run --rootfs"
    run_what = "podman run --rootfs"
    kill_what = "podman kill"
    output_what = "podman run --log-driver k8s-file"
    memory_what = "a conmon for each"
    most_idle = 10
    slow = True

    def version(self):
        return debian_version(self.stage, "podman")

    def begin(self):
        self.made_locks = not LOCKS.exists()
        # It takes no more than 50 characters.
        self.short = tempfile.mkdtemp(prefix="peers-", dir="/run")
        self.stage.traces.append(self.short)
        self.make_root()
        self.options = ["podman", "--root", f"{self.directory}/store", "--runroot", self.short,
                        "--tmpdir", f"{self.directory}/tmp", "--storage-driver", "vfs", "--cgroup-manager=cgroupfs",
                        "--runtime", "crun", "--events-backend", "none"]
        self.stage.run([*self.within, *self.command([self.stage.programs["tiny"]])[0]], self.group)

    def container(self, *more):
        return [*self.options, "run", "--network", "none", "--cgroups=disabled", *LOW_LIMITS, *more, "--rootfs", str(self.root)]

    def command(self, words):
        return [[*self.container("--rm", "--log-driver", "none"), *self.inside(words)]]

    job = command

    def plant(self, words):
        self.tree = f"tree-{secrets.token_hex(3)}"
        self.stage.run([*self.within, *self.container("--detach", "--log-driver", "none", "--name", self.tree), *self.inside(words)],
                       self.group)

    def fell(self):
        self.stage.run([*self.within, *self.options, "kill", self.tree])
        self.stage.run([*self.within, *self.options, "wait", self.tree])

    def capture(self, words):
        log = self.directory / "log" / "k8s"
        log.parent.mkdir(exist_ok=True)
        more = ("--rm", "--log-driver", "k8s-file", "--log-opt", f"path={log}")
        self.stage.run([*self.within, *self.container(*more), *self.inside(words)], self.group, seconds=300)
        size = bytes_below(log.parent)
        log.unlink()
        return size

    def hold(self, words, numbers):
        for _ in numbers:
            self.stage.run([*self.within, *self.container("--detach", "--log-driver", "none"), *self.inside(words)],
                           self.group)

    def leave(self):
        self.stage.run(["sh", "-c", '"$@" || true', "sh", *self.within, *self.options, "rm", "--force", "--all", "--time", "0"])
        if self.made_locks:
            LOCKS.unlink(missing_ok=True)


PEERS = (Crun, Podman)
