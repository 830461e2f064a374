"""Topic memory: what holds a job that waits, beside the job itself."""

import os

from rounds import interleave
from samples import aim, ratio
from stage import Cannot, await_true

KIBIBYTE = 1024


def processes(group):
    """In the group and below, but for those that are the jobs."""
    found, jobs = [], 0
    folders = [folder for path in group.paths() for folder, _, _ in os.walk(path)]
    for folder in folders:
        with open(os.path.join(folder, "cgroup.procs"), encoding="ascii") as stream:
            for pid in stream.read().split():
                if program_of(pid) == "tiny":
                    jobs += 1
                else:
                    found.append(pid)
    return found, jobs


def program_of(pid):
    try:
        return os.path.basename(os.readlink(f"/proc/{pid}/exe"))
    except OSError:
        return ""


def memory(group):
    """Bytes of PSS: what several processes share is counted once in all."""
    total = 0
    for pid in processes(group)[0]:
        try:
            with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as stream:
                total += sum(int(line.split()[1]) for line in stream if line.startswith("Pss:")) * KIBIBYTE
        except OSError:
            continue
    return total


def measure_memory(peers, effort):
    able = [peer for peer in peers if peer.memory_what]
    notes = {}

    def measure(peer, samples):
        if not peer.group.path:
            raise Cannot("its processes are not known without a control group")
        count = max(2, min(effort.idle, peer.most_idle))
        # What is made once, with the first ones, is not counted for each.
        first = count // 2
        none = memory(peer.group)
        some = hold(peer, 0, first)
        grown = hold(peer, first, count) - some
        notes[peer.name] = f"growth from {first} to {count} jobs; {none / KIBIBYTE:.0f} KiB with none"
        samples.add([grown / KIBIBYTE / (count - first)], 0)

    gathered = interleave(able, 1, measure)
    rows = [row_of(peer, gathered[peer.name], notes.get(peer.name, "")) for peer in able]
    own = gathered["coppice"].median() if "coppice" in gathered else None
    aims = [aim("memory", f"KiB for each idle job: {peer.name} ÷ Coppice", ratio(gathered[peer.name].median(), own), 1,
                "at_least") for peer in able if peer.name != "coppice"]
    return rows, aims


def hold(peer, start, stop):
    """Memory with so many jobs, of which there are some."""
    peer.hold([peer.stage.programs["tiny"], "wait"], range(start, stop))
    try:
        await_true(lambda: processes(peer.group)[1] == stop, f"{stop} idle jobs")
    except Cannot as reason:
        others, jobs = processes(peer.group)
        names = ", ".join(sorted({program_of(pid) for pid in others}))
        raise Cannot(f"{reason}: there are {jobs}, beside {len(others)} processes ({names})") from reason
    return memory(peer.group)


def row_of(peer, samples, note):
    row = samples.row("memory", f"peer.{peer.name}", f"{peer.name}: {peer.memory_what}", 1, "KiB", samples.failure or note)
    return {**row, "rate": None}
