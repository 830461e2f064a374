"""Topic kill: a tree with sessions and daemons of its own is ended; who of it lives on is counted, and then ended by pid."""

import secrets
import statistics
import time

from marks import Members
from rounds import interleave
from samples import aim, ratio

MILLISECONDS = 1e3
# How long after a peer's answer a process may take to be gone before it counts as a survivor, seconds.
GRACE = 0.5


def measure_kill(peers, effort):
    able = [peer for peer in peers if peer.kill_what]
    survivors, later, gone = ({peer.name: [] for peer in able} for _ in range(3))

    def measure(peer, samples):
        mark = secrets.token_hex(8)
        peer.plant([peer.stage.programs["thicket"], str(effort.members), mark])
        members = Members(mark, effort.members)
        living = set(members.descriptors)
        try:
            began = time.perf_counter()
            peer.fell()
            took = time.perf_counter() - began
            later[peer.name].append(len(members.living(0)))
            living = members.living(GRACE)
            survivors[peer.name].append(len(living))
            # An answer before the end of the tree is none: Coppice's comes behind it.
            gone[peer.name].append(max(took, time.perf_counter() - began) if not living else None)
        finally:
            members.end(living)
        samples.add([took], took)

    gathered = interleave(able, effort.kills, measure)
    rows = []
    for peer in able:
        note = gathered[peer.name].failure
        if not note:
            note = f"{max(survivors[peer.name])} of {effort.members} survive"
            if max(later[peer.name]) > max(survivors[peer.name]):
                note += f"; at its answer up to {max(later[peer.name])} were still there"
                if None not in gone[peer.name]:
                    note += f", all gone after {statistics.median(gone[peer.name]) * MILLISECONDS:.1f} ms"
        row = gathered[peer.name].row("kill", f"peer.{peer.name}.{effort.members}",
                                      f"{peer.name}: {peer.kill_what}", MILLISECONDS, "ms", note)
        row["survivors"] = max(survivors[peer.name], default=None)
        row["rate"] = None
        rows.append(row)
    return rows, kill_aims(effort, gathered, survivors, gone)


def kill_aims(effort, gathered, survivors, gone):
    aims = []
    for name in ("coppice", "coppice-run"):
        if survivors.get(name):
            aims.append(aim("kill", f"{name}: survivors of {effort.members}, most of {effort.kills} kills",
                            max(survivors[name]), 0, "at_most"))
    if "coppice" not in gathered:
        return aims
    own = gathered["coppice"].median()
    for name, counts in survivors.items():
        if counts and max(counts) == 0 and not name.startswith("coppice"):
            aims.append(aim("kill", f"kill of {effort.members} until all are gone: {name} ÷ Coppice's answer, medians",
                            ratio(statistics.median(gone[name]), own), 1, "at_least"))
    return aims
