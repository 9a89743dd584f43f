"""Trackers that do what trackers may do: write what they are told, hang, break, die."""

import json
import os
import time

import pandas as pd

from hetevo.evolve.tracking import Tracker


class Notes(Tracker):
    """Writes what it is told into its folder."""

    def start(self, about):
        self.file = about.folder / "notes.jsonl"
        self.note("start", about.run, about.group, about.name, dict(about.tags))
        return "mine"

    def log(self, generation, numbers):
        self.note("log", generation, dict(numbers))

    def attach(self, figure, generation):
        self.note("figure", generation, figure.suffix, figure.stat().st_size > 0)

    def end(self, outcome):
        self.note("end", outcome)

    def note(self, *what):
        with self.file.open("a") as file:
            print(json.dumps(what), file=file)


class Hanging(Tracker):
    def log(self, generation, numbers):
        time.sleep(600)


class Slow(Tracker):
    def log(self, generation, numbers):
        if generation:
            time.sleep(1)


class Stuck(Tracker):
    def start(self, about):
        (about.folder / "stuck").touch()
        time.sleep(600)


class Breaking(Tracker):
    def log(self, generation, numbers):
        print("what trackers print goes nowhere")
        raise OSError(f"refused with the key {os.environ['OWN_API_KEY']} at https://jane:hidden@example.org/")


class Dying(Tracker):
    def log(self, generation, numbers):
        os.abort()


class Lacking(Tracker):
    package = "no_such_package"


class LackingPart(Tracker):
    package = "no_such_package.part"


def rows_of(path):
    """Return what a run recorded, as trackers should have it: (generation, number) by column, where defined."""
    rows = pd.read_parquet(path / "generations").set_index("generation")
    columns = {name: values.dropna() for name, values in rows.items()}
    return {name: [*zip(values.index, values, strict=True)] for name, values in columns.items() if len(values)}
