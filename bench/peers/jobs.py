"""Topics start and run: one job after the other, or sixteen at a time; a client as a whole process."""

from rounds import interleave, run_programs, run_round
from samples import aim, ratio

MICROSECONDS, MILLISECONDS = 1e6, 1e3


def split(peer, effort):
    """How many jobs of it in a round, and seconds: few of what takes long."""
    count = max(1, effort.jobs // effort.rounds // (10 if peer.slow else 1))
    return min(count, peer.most or count), effort.seconds


def measure_start(peers, effort):
    able = [peer for peer in peers if peer.start_what]
    words = [able[0].stage.programs["tiny"]] if able else []
    rows, medians, rates = [], {}, {}
    for parallel in (1, 16):
        those = [peer for peer in able if parallel == 1 or peer.slots != 1]

        def measure(peer, samples, parallel=parallel):
            count, seconds = split(peer, effort)
            samples.add(*run_round(peer, words, count, parallel, seconds))

        gathered = interleave(those, effort.rounds, measure)
        for peer in those:
            samples = gathered[peer.name]
            rows.append(samples.row("start", f"peer.{peer.name}.{parallel}",
                                    f"{peer.name}: {peer.start_what}; {parallel} in flight", MICROSECONDS, "µs"))
            if parallel == 1:
                medians[peer.name] = samples.median()
            else:
                rates[peer.name] = samples.rate()
    return rows, start_aims(able, medians, rates)


def start_aims(able, medians, rates):
    """Against all that run a job and tell its end, without what the kernel does alone."""
    aims = []
    for peer in able:
        if peer.name in ("exec", "sh", "coppice", "coppice-run"):
            continue
        aims.append(aim("start", f"start → result: {peer.name} ÷ Coppice, medians, one in flight",
                        ratio(medians.get(peer.name), medians.get("coppice")), 5, "at_least"))
        if peer.name in rates:
            aims.append(aim("start", f"jobs a second, sixteen in flight: Coppice ÷ {peer.name}",
                            ratio(rates.get("coppice"), rates.get(peer.name)), 5, "at_least"))
    return aims


def measure_run(peers, effort):
    able = [peer for peer in peers if peer.run_what]
    words = [able[0].stage.programs["tiny"]] if able else []

    def measure(peer, samples):
        count, seconds = split(peer, effort)
        if hasattr(peer, "timed"):
            samples.add(*run_round(peer, words, count, 1, seconds))
        else:
            samples.add(*run_programs(peer, peer.command(words), count, 1, seconds))

    gathered = interleave(able, effort.rounds, measure)
    rows = [gathered[peer.name].row("run", f"peer.{peer.name}", f"{peer.name}: {peer.run_what}", MILLISECONDS, "ms")
            for peer in able]
    medians = {name: samples.median() for name, samples in gathered.items()}
    both = medians.get("coppice-run") is not None and medians.get("exec") is not None
    more = (medians["coppice-run"] - medians["exec"]) * MILLISECONDS if both else None
    aims = [aim("run", "coppice run as a whole process, ms more than the program itself", more, 2, "at_most")]
    return rows, aims
