"""Topic output: a job that writes a great deal at once; how fast it is kept, and what CPU time all who take part use."""

import time

from rounds import interleave
from samples import aim, ratio
from stage import Cannot

GIGABYTE = 1e9
# What tells how much a peer is given to keep afterwards.
PROBE = 1 << 25


class Capture:
    """What was measured of one peer besides the time."""

    def __init__(self):
        self.bytes = 0
        self.rates = []
        self.cpu = []

    def middle(self, values):
        return sorted(values)[len(values) // 2] if values else None


def keep(peer, size):
    """Seconds that keeping so many bytes takes, and CPU seconds if they can be known."""
    before = peer.group.cpu_seconds()
    began = time.perf_counter()
    kept = peer.capture([peer.stage.programs["writer"], str(size)])
    took = time.perf_counter() - began
    if kept < size:
        raise Cannot(f"kept {kept} bytes of {size}")
    return took, None if before is None else peer.group.cpu_seconds() - before


def measure_output(peers, effort):
    able = [peer for peer in peers if peer.output_what]
    captures = {peer.name: Capture() for peer in able}

    def measure(peer, samples):
        capture = captures[peer.name]
        if not capture.bytes:
            # Whole mebibytes.
            took, _ = keep(peer, min(PROBE, effort.bytes))
            fits = int(PROBE / took * effort.capture_seconds) >> 20 << 20
            capture.bytes = max(min(effort.bytes, fits), min(PROBE, effort.bytes))
        took, cpu = keep(peer, capture.bytes)
        capture.rates.append(capture.bytes / GIGABYTE / took)
        if cpu is not None:
            capture.cpu.append(cpu / (capture.bytes / GIGABYTE))
        samples.add([took], took)

    gathered = interleave(able, effort.captures, measure)
    rows = [row_of(peer, captures[peer.name], gathered[peer.name], effort) for peer in able]
    return rows, output_aims(able, {row["name"].partition(".")[2]: row for row in rows})


def row_of(peer, capture, samples, effort):
    cpu = capture.middle(capture.cpu)
    notes = [samples.failure, "" if cpu is None else f"{cpu:.2f} CPU seconds a GB"]
    if capture.bytes < effort.bytes:
        notes.append(f"{capture.bytes >> 20} MiB a round")
    return {"topic": "output", "name": f"peer.{peer.name}", "what": f"{peer.name}: {peer.output_what}", "unit": "GB/s",
            "n": len(samples.seconds), "median": capture.middle(capture.rates), "p99": None, "p999": None, "rate": None,
            "cpu": cpu, "note": "; ".join(note for note in notes if note)}


def output_aims(able, rows):
    own, floor = rows.get("coppice"), rows.get("splice")
    if not own:
        return []
    aims = []
    if floor:
        aims.append(aim("output", "one job's log, GB/s: Coppice ÷ bare pipe → splice → file",
                        ratio(own["median"], floor["median"]), 0.9, "at_least"))
        aims.append(aim("output", "CPU seconds a GB: Coppice ÷ bare pipe → splice → file",
                        ratio(own["cpu"], floor["cpu"]), 1.1, "at_most"))
    # Where the job has the file itself nothing is captured.
    for peer in able:
        if peer.name not in ("coppice", "splice", "exec", "task-spooler", "nq"):
            aims.append(aim("output", f"one job's log, GB/s: Coppice ÷ {peer.name}",
                            ratio(own["median"], rows[peer.name]["median"]), 1, "at_least"))
    return aims
