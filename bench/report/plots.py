"""Which plots a topic has: peers as dots on a logarithmic axis, series as lines."""

from axis import Axis, label
from drawing import Drawing
from page import number, order

WIDTH, LEFT, RIGHT, LINE = 860, 250, 190, 24


def peer_plot(title, rows):
    """A line each: the median, and for times a whisker up to the 99th percentile."""
    rows = [row for row in sorted(rows, key=order) if row["median"] and row["median"] > 0]
    height = 70 + LINE * len(rows) + 24
    drawing = Drawing(WIDTH, height, f"{title}, {rows[0]['unit']} (logarithmic)")
    values = [value for row in rows for value in (row["median"], row["p99"]) if value]
    axis = Axis(values, LEFT, WIDTH - RIGHT)
    bottom = height - 36
    for mark in axis.marks():
        drawing.line(axis.place(mark), 44, axis.place(mark), bottom, "grid")
        drawing.text(axis.place(mark), bottom + 18, label(mark), "faint", "middle")
    for index, row in enumerate(rows):
        draw_peer(drawing, axis, row, 62 + LINE * index)
    return drawing.svg()


def draw_peer(drawing, axis, row, y):
    name = row["name"].split(".")[1]
    kind = "own" if name.startswith("coppice") else "peer"
    x = axis.place(row["median"])
    end = axis.place(row["p99"]) if row["p99"] else x
    if end > x:
        drawing.line(x, y, end, y, f"{kind} whisker")
    drawing.dot(x, y, kind)
    drawing.text(LEFT - 12, y + 4, name, "text", "end")
    survivors = row.get("survivors")
    words = number(row["median"]) + (f", {survivors} survive" if survivors else "")
    drawing.text(end + 10, y + 4, words, "text" if kind == "own" else "faint")


def series_plot(title, series):
    """Lines over the same two axes, both logarithmic; a flat line is a cost that does not grow."""
    height = 360 + 20 * len(series)
    drawing = Drawing(WIDTH, height, title)
    xs = Axis([x for each in series for x, _ in each["points"]], 80, WIDTH - 30)
    ys = Axis([y for each in series for _, y in each["points"]], 300, 50)
    for mark in xs.marks():
        drawing.line(xs.place(mark), 50, xs.place(mark), 300, "grid")
        drawing.text(xs.place(mark), 318, label(mark), "faint", "middle")
    for mark in ys.marks():
        drawing.line(80, ys.place(mark), WIDTH - 30, ys.place(mark), "grid")
        drawing.text(72, ys.place(mark) + 4, label(mark), "faint", "end")
    for index, each in enumerate(series):
        points = [(xs.place(x), ys.place(y)) for x, y in each["points"] if x > 0 and y > 0]
        drawing.path(points, index)
        for x, y in points:
            drawing.dot(x, y, f"s{index % 6}", 4)
        y = 346 + 20 * index
        drawing.path([(80, y - 4), (120, y - 4)], index)
        drawing.text(130, y, each["name"])
    drawing.text(WIDTH - 30, 336, series[0]["x"], "faint", "end")
    return drawing.svg()


def plots_of(topic, title, rows, series):
    """File name to (words, SVG)."""
    found = {}
    groups = {}
    for row in rows:
        if row["name"].startswith("peer.") and row["median"] and row["median"] > 0:
            groups.setdefault(".".join(row["name"].split(".")[2:]), []).append(row)
    for group, those in groups.items():
        if len(those) < 2:
            continue
        more = {"start": f", {group} in flight", "kill": f", {group} processes"}.get(topic, "")
        found[f"{topic}-peers{'-' + group if group else ''}.svg"] = (title + more, peer_plot(title + more, those))
    axes = {}
    for each in series:
        if any(x > 0 and y > 0 for x, y in each["points"]):
            axes.setdefault((each["x"], each["y"]), []).append(each)
    for index, ((x, y), those) in enumerate(axes.items()):
        words = f"{title}: {y} by {x}"
        found[f"{topic}-{index + 1}.svg"] = (words, series_plot(words, those))
    return found
