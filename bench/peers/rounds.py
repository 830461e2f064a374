"""Jobs, one round of a peer: so many, so many at the same time, until a time has passed."""

import select
import time

from samples import Samples
from stage import Cannot


def parse_timed(text):
    """What `timed` printed: seconds of each round, and of all together."""
    *rounds, whole = text.strip().split("\n")
    return [int(line) / 1e9 for line in rounds], int(whole.split()[1]) / 1e9


def run_programs(peer, programs, count, parallel, seconds):
    words = [*peer.within, peer.stage.programs["timed"], str(count), str(parallel), str(seconds), "--"]
    for index, program in enumerate(programs):
        words += (["--then"] if index else []) + program
    return parse_timed(peer.stage.run(words, seconds=seconds + 60))


def run_exchanges(peer, words, count, parallel, seconds):
    """Over the peer's own descriptors, in one thread."""
    peer.prepare(words, parallel)
    waits, slot_of, began, took = select.poll(), {}, {}, []
    asked = 0
    start = time.perf_counter()

    def ask(slot):
        began[slot] = time.perf_counter()
        peer.send(slot)
        watch(slot)

    def watch(slot):
        slot_of[peer.fileno(slot)] = slot
        waits.register(peer.fileno(slot), select.POLLIN)

    for slot in range(min(parallel, count)):
        ask(slot)
        asked += 1
    while slot_of:
        ready = waits.poll(60000)
        if not ready:
            raise Cannot("a job was not over after 60 s")
        for descriptor, _ in ready:
            slot = slot_of.pop(descriptor)
            waits.unregister(descriptor)
            if not peer.take(slot):
                watch(slot)
                continue
            now = time.perf_counter()
            took.append(now - began[slot])
            if asked < count and now - start < seconds:
                ask(slot)
                asked += 1
    return took, time.perf_counter() - start


def run_round(peer, words, count, parallel, seconds):
    if hasattr(peer, "timed"):
        return parse_timed(peer.timed(count, parallel, seconds, words))
    if peer.slots:
        return run_exchanges(peer, words, count, parallel, seconds)
    return run_programs(peer, peer.job(words), count, parallel, seconds)


def interleave(peers, rounds, measure):
    """`measure(peer, samples)` once a round for each, so that what drifts hits all. Who cannot is out, with the reason."""
    gathered = {peer.name: Samples() for peer in peers}
    for _ in range(rounds):
        for peer in peers:
            samples = gathered[peer.name]
            if samples.failure:
                continue
            try:
                measure(peer, samples)
            except (Cannot, OSError) as error:
                samples.failure = " ".join(str(error).split())
    return gathered
