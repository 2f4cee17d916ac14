"""Figures as medians and ratios, in Markdown and JSON."""
import statistics


class Report:
    """What was measured at one work."""

    def __init__(self, work, names):
        self.work = work
        self._names = names  # of the clients, in their order
        self.rounds = {}  # client: figures of each round
        self.notes = {}  # client: why it has no figures, or fewer
        self._clients = {}

    def add(self, client, figures):
        self.rounds.setdefault(client.name, []).append(figures)
        self._clients[client.name] = client

    def note(self, client, why):
        self.notes.setdefault(client.name, []).append(why)
        self._clients[client.name] = client

    def medians(self):
        """Of each figure of each client, over the rounds that have it."""
        return {name: {key: statistics.median(values) for key in rounds[0]
                       if (values := [figures[key] for figures in rounds if figures.get(key) is not None])}
                for name, rounds in self.rounds.items()}

    def best(self, key):
        """The best of the others."""
        values = [row[key] for name, row in self.medians().items()
                  if self._clients[name].is_rival and key in row]
        return min(values, default=None)

    def ratios(self):
        """Of each client that is ours: its figures by the best of the others."""
        return {name: {column.key: row[column.key] / best for column in self.work.columns
                       if column.has_ratio and column.key in row and (best := self.best(column.key))}
                for name, row in self.medians().items() if self._clients[name].is_ours}

    def markdown(self):
        medians, columns = self.medians(), self.work.columns
        brackets = " In brackets: by the best of the others." if any(column.has_ratio for column in columns) else ""
        lines = [f"### {self.work.title}", "", f"`{self.work.name}`.{brackets}", "",
                 "| client | " + " | ".join(column.heading for column in columns) + " |",
                 "|---" * (len(columns) + 1) + "|"]
        footnotes = []
        for name in (name for name in self._names if name in self.rounds or name in self.notes):
            mark = ""
            for why in self.notes.get(name, []):
                footnotes.append(f"{name}: {why}.")
                mark += f" <sup>{len(footnotes)}</sup>"
            cells = [self._cell(medians.get(name, {}), column) for column in columns]
            lines.append(f"| {name}{mark} | " + " | ".join(cells) + " |")
        lines += [""] + [f"{i}. {text}" for i, text in enumerate(footnotes, 1)]
        return "\n".join(lines).rstrip() + "\n"

    def _cell(self, row, column):
        value = row.get(column.key)
        if value is None:
            return "-"
        best = self.best(column.key) if column.has_ratio else None
        return figure(value) + (f" ({value / best:.2f})" if best else "")

    def json(self):
        return {"work": self.work.name, "title": self.work.title, "medians": self.medians(), "ratios": self.ratios(),
                "rounds": self.rounds, "notes": self.notes}


def figure(value):
    """Three digits or so."""
    digits = 0 if value >= 100 else 1 if value >= 10 else 2 if value >= 0.1 else 3
    return f"{value:,.{digits}f}"
