"""The page: ratios and aims, then a section for each topic with its plots and tables, then peers and machines."""

TOPICS = {
    "start": "Start to result of one job",
    "run": "One command as a whole process",
    "kill": "The end of a tree",
    "memory": "Memory",
    "output": "Output into a log",
    "scale": "Many jobs at once",
    "restart": "Restart",
    "micro": "Parts",
}


def number(value):
    """Three digits that mean something; whole numbers as they are."""
    if value is None:
        return ""
    if value == int(value) and abs(value) < 1e6:
        return str(int(value))
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.3g}"


# A failure may bring a whole reply with it.
LONGEST = 240


def cell(text):
    words = " ".join(str(text).split())
    if len(words) > LONGEST:
        words = words[:LONGEST] + " …"
    return words.replace("|", "\\|")


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    lines += ["| " + " | ".join(cell(value) for value in row) + " |" for row in rows]
    return lines + [""]


def topics_of(documents):
    """Known ones in their order, then whatever else there is."""
    named = {entry["topic"] for document in documents
             for kind in ("rows", "aims", "series") for entry in document.get(kind, [])}
    return [topic for topic in TOPICS if topic in named] + sorted(named - set(TOPICS))


def all_of(documents, kind, topic):
    return [entry for document in documents for entry in document.get(kind, []) if entry["topic"] == topic]


def is_met(aim):
    if aim["sense"] == "at_most":
        return aim["value"] <= aim["aim"]
    return aim["value"] >= aim["aim"]


def aim_row(aim):
    sign = "≤" if aim["sense"] == "at_most" else "≥"
    if aim["value"] is None:
        return [aim["what"], "not measured", f"{sign} {number(aim['aim'])}", aim.get("note") or "no reason given"]
    verdict = "met" if is_met(aim) else "**missed**"
    note = f" ({aim['note']})" if aim.get("note") else ""
    return [aim["what"], number(aim["value"]), f"{sign} {number(aim['aim'])}", verdict + note]


def aims_section(documents):
    aims = [(topic, aim) for topic in topics_of(documents) for aim in all_of(documents, "aims", topic)]
    missed = sum(1 for _, aim in aims if aim["value"] is not None and not is_met(aim))
    unknown = sum(1 for _, aim in aims if aim["value"] is None)
    lines = ["## Ratios and aims", "",
             f"{len(aims)} aims: {len(aims) - missed - unknown} met, {missed} missed, {unknown} not measured.", ""]
    return lines + table(["", "what", "measured", "aim", ""], [[topic, *aim_row(aim)] for topic, aim in aims])


def base_of(row, rows):
    """Coppice's own row of the same kind, which peers are told as a multiple of."""
    parts = row["name"].split(".")
    if parts[0] != "peer":
        return None
    names = {each["name"]: each for each in rows}
    for own in ("coppice", "coppice-run"):
        base = names.get(".".join(["peer", own, *parts[2:]]))
        if base and base["median"] and base["median"] > 0:
            return base
    return None


def measured_row(row, rows):
    base = base_of(row, rows)
    times = number(row["median"] / base["median"]) if base and row["median"] is not None else ""
    return [row["what"], times, number(row["median"]), number(row["p99"]), number(row["p999"]), row["unit"],
            number(row["rate"]), row["n"], row.get("note") or ""]


def topic_section(topic, documents, plots):
    rows = all_of(documents, "rows", topic)
    lines = [f"## {TOPICS.get(topic, topic)}", ""]
    for machine in (document["machine"] for document in documents if "machine" in document):
        if topic in machine["topics"]:
            lines += [f"Measured {machine['when']}, revision {machine['revision'] or 'unknown'}, load average before "
                      f"{machine['load']}.", ""]
    lines += [line for path, words in plots for line in (f"![{words}]({path})", "")]
    head = ["what", "÷ Coppice", "median", "p99", "p99.9", "unit", "a second", "n", ""]
    own = [row for row in rows if not row["name"].startswith("peer.")]
    peers = [row for row in rows if row["name"].startswith("peer.")]
    for those in (own, sorted(peers, key=order)):
        if those:
            lines += table(*narrow(head, [measured_row(row, rows) for row in those]))
    return lines


def order(row):
    """Of peers: by what is behind the name, then best first; those that could not, last."""
    value = row["median"]
    if value is not None and row["unit"] == "GB/s":
        value = -value
    return (row["name"].split(".")[2:], value is None, value or 0)


def narrow(head, rows):
    """Without the columns that nobody has a word in."""
    kept = [index for index in range(len(head)) if index == 0 or any(row[index] not in ("", None) for row in rows)]
    return [head[index] for index in kept], [[row[index] for index in kept] for row in rows]


def peers_section(documents):
    versions, absent, notes = {}, {}, []
    for peers in (document["peers"] for document in documents if "peers" in document):
        versions.update(peers.get("versions", {}))
        absent.update({each["name"]: each for each in peers.get("absent", [])})
        notes += [peers["note"]] if peers.get("note") else []
    if not versions and not absent:
        return []
    lines = ["## Peers", ""]
    lines += table(*narrow(["peer", "from", "version", "can"],
                           [[name, each["origin"], each["version"], ", ".join(each.get("can", []))]
                            for name, each in versions.items()]))
    missing = [[name, each["origin"], each["why"]] for name, each in absent.items() if name not in versions]
    if missing:
        lines += ["Not measured:", "", *table(["peer", "from", "why"], missing)]
    return lines + [line for note in sorted(set(notes)) for line in (f"Without CPU times: {note}.", "")]


def machine_section(documents):
    machines = [document["machine"] for document in documents if "machine" in document]
    keys = ("processor", "processors", "memory", "kernel", "system", "files")
    different = {tuple(machine[key] for key in keys) for machine in machines}
    lines = ["## Machine", ""]
    if len(different) > 1:
        lines += ["**The topics were measured on different machines.**", ""]
    for values in sorted(different):
        lines += table(["", ""], [[key, value] for key, value in zip(keys, values)])
    return lines


def page(documents, plots):
    """`plots`: topic to a list of (path as seen from the page, words)."""
    lines = ["# Benchmark results", "",
             "Written by `bench/run` from what its programs measured, on one machine; not edited. How: [README](README.md); "
             "why the figures are what they are: [NOTES](NOTES.md).", ""]
    lines += aims_section(documents)
    for topic in topics_of(documents):
        lines += topic_section(topic, documents, plots.get(topic, []))
    lines += peers_section(documents) + machine_section(documents)
    return "\n".join(lines).rstrip("\n") + "\n"
