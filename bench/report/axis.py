"""A logarithmic axis: from values to places, with a mark at 1, 2 or 5 of each ten as there is room."""

import math


class Axis:
    def __init__(self, values, start, end):
        positive = [value for value in values if value > 0] or [1]
        self.low = math.floor(math.log10(min(positive)) * 3 + 1e-9) / 3
        self.high = math.ceil(math.log10(max(positive)) * 3 - 1e-9) / 3
        if self.high - self.low < 0.5:
            self.low, self.high = self.low - 1 / 3, self.high + 1 / 3
        self.start, self.end = start, end

    def place(self, value):
        part = (math.log10(value) - self.low) / (self.high - self.low)
        return self.start + min(max(part, 0), 1) * (self.end - self.start)

    def marks(self):
        decades = self.high - self.low
        steps = (1,) if decades > 3 else (1, 2, 5)
        found = [step * 10.0**power for power in range(math.floor(self.low) - 1, math.ceil(self.high) + 1)
                 for step in steps]
        return [value for value in found if self.low - 1e-9 <= math.log10(value) <= self.high + 1e-9]


def label(value):
    if value >= 1e6:
        return f"{value / 1e6:g}M"
    if value >= 1e3:
        return f"{value / 1e3:g}k"
    return f"{value:g}"
