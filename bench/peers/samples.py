"""Durations of one thing done many times, gathered round by round, and the row of a document that they make."""

import statistics

# Of so many a quantile says something.
ENOUGH = {"p99": 100, "p999": 1000}


class Samples:
    def __init__(self):
        self.seconds = []
        # From the first start to the last end, of all rounds together.
        self.whole = 0.0
        self.failure = ""

    def add(self, seconds, whole):
        self.seconds += seconds
        self.whole += whole

    def median(self):
        return statistics.median(self.seconds) if self.seconds else None

    def rate(self):
        return len(self.seconds) / self.whole if self.whole else None

    def quantile(self, part):
        ordered = sorted(self.seconds)
        return ordered[min(int(part * len(ordered)), len(ordered) - 1)]

    def row(self, topic, name, what, scale, unit, note=""):
        """`scale`: how many of the unit a second has."""
        size = len(self.seconds)
        return {
            "topic": topic, "name": name, "what": what, "unit": unit, "n": size,
            "median": self.median() * scale if size else None,
            "p99": self.quantile(0.99) * scale if size >= ENOUGH["p99"] else None,
            "p999": self.quantile(0.999) * scale if size >= ENOUGH["p999"] else None,
            "rate": self.rate(), "note": note or self.failure,
        }


def aim(topic, what, value, bound, sense, note=""):
    return {"topic": topic, "what": what, "value": value, "aim": bound, "sense": sense, "note": note}


def ratio(value, base):
    """None where there is no figure, or one that is less than nothing: memory may shrink meanwhile."""
    return value / base if value is not None and value > 0 and base is not None and base > 0 else None
