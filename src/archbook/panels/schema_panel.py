"""The schema panel: paste DDL, see its tables, lint and losses, and run experiments on generated rows of it."""

from __future__ import annotations

import html
from collections.abc import Callable

import ipywidgets as widgets

from archbook.design.model import Design
from archbook.design.saving import save_ddl
from archbook.diagrams.charts import experiment_chart
from archbook.diagrams.er import er_picture
from archbook.errors import ArchbookError
from archbook.findings.report import Report
from archbook.panels.controls import button, logarithmic, menu, row, sentence, shown, slider
from archbook.panels.panel import Step, Works
from archbook.schema import Outcome, Schema, experiments, index_size_b, parse, row_size_b, run
from archbook.schema.lint import lint
from archbook.tables import Table, as_columns
from archbook.units import show_count, show_size, significant

PASTED = "pasted DDL"
ENGINES = [("both", "both"), ("DuckDB", "duckdb"), ("PostgreSQL", "postgresql")]
ROWS = 200_000
LEAST_ROWS, MOST_ROWS = 1_000, 10_000_000
EVERYTHING = "all tables"
MOST_CHARACTERS = 5_000_000
EXAMPLE = """CREATE TABLE users (
  id BIGSERIAL PRIMARY KEY,
  email VARCHAR(255) UNIQUE NOT NULL,
  created_at TIMESTAMP DEFAULT NOW(),
  INDEX idx_created_at (created_at)
);
CREATE TABLE orders (
  id BIGSERIAL PRIMARY KEY,
  user_id BIGINT REFERENCES users(id),
  status VARCHAR(50) NOT NULL,
  total_amount DECIMAL(10,2),
  INDEX idx_user_status (user_id, status)
);
"""
VIEWS = ("Diagram", "Lint", "Tables", "Told while reading")


class SchemaPanel(Works):
    """DDL and controls left, answer and views right, the experiment's result below."""

    def __init__(self, subject: Design | str | None = None) -> None:
        self._design = subject if isinstance(subject, Design) else None
        self._pasted = subject if isinstance(subject, str) else EXAMPLE
        self._before: tuple[str, str] | None = None  # store and DDL that the last save replaced
        self.outcome: Outcome | None = None
        self._build()
        left = [self._store, self._text, self._file_buttons(), self._experiment, self._question, self._engine,
                self._rows, self._buttons()]  # fmt: skip
        super().__init__(left, [self._answer, self._view, self._around, self._shown], [self._part, self._result])
        self._take()

    def _build(self) -> None:
        stores = list(self._design.source.ddl) if self._design else []
        self._store = menu(
            "Schema of", [*stores, PASTED], (stores or [PASTED])[0], "A store of the design, or your own"
        )
        self._text = widgets.Textarea(
            description="", placeholder="Paste CREATE TABLE statements: PostgreSQL, MySQL, or a mixture.",
            continuous_update=False, layout=widgets.Layout(width="auto", height="320px"),
        )  # fmt: skip
        self._text.add_class("archbook-ddl")
        names = list(experiments())
        self._experiment = menu("Experiment", names, "index_or_scan", "What is measured on rows made for these tables")
        self._question = shown()
        self._engine = widgets.ToggleButtons(options=ENGINES, value="both", description="Engine",
                                             style={"description_width": "116px", "button_width": "auto"})  # fmt: skip
        self._rows = slider("Rows", logarithmic(LEAST_ROWS, MOST_ROWS, ROWS), float(ROWS), significant,
                            "Rows of the table that is measured")  # fmt: skip
        self._answer, self._shown, self._result = shown(), shown(), shown("below")
        self._view = widgets.ToggleButtons(options=VIEWS, value=VIEWS[0], description="",
                                           style={"button_width": "auto"})  # fmt: skip
        self._around = menu("Around", [EVERYTHING], EVERYTHING, "One table and those that it refers to")
        self._part = menu("Part", ["–"], "–", "What of the experiment the chart shows")
        self._part.layout.display = "none"
        self._on(self._take, self._store)
        self._on(self._read, self._text)
        self._on(self._look, self._view, self._around)
        self._on(self._ask, self._experiment)
        self._on(self._chart, self._part)

    def _file_buttons(self) -> widgets.HBox:
        self._save = button("Save to design", "Write this DDL into the store's file", self.save)
        self._undo = button("Undo save", "Put back the DDL that the last save replaced", self.undo)
        buttons = [button("Read", "Read the DDL above", self._read),
                   button("Reset", "Back to the DDL as it is saved", self._take)]  # fmt: skip
        buttons += [self._save, self._undo] if self._design and self._design.folder else []
        return row(*buttons)

    def _buttons(self) -> widgets.HBox:
        return row(
            button("Run", "Make rows, start the engines and measure", self.run),
            button("Stop", "End the experiment that runs", self.stop),
            button("Keep as evidence", "Write what was measured into evidence.json", self.keep),
        )

    # The DDL

    @property
    def store(self) -> str | None:
        """The store whose DDL is shown, or None for pasted DDL."""
        return None if self._store.value == PASTED else str(self._store.value)

    def _take(self) -> None:
        """The text goes to what is saved."""
        saved = self._design.ddl(self.store) if self._design and self.store else self._pasted
        self._said.value = ""
        self._text.value = saved or ""
        self._read()

    def _read(self) -> None:
        ddl = self._text.value
        if self.store is None:
            self._pasted = ddl
        if len(ddl) > MOST_CHARACTERS:
            self._answer.value = sentence(f"The text has {len(ddl):,} characters; the panel reads {MOST_CHARACTERS:,}. "
                                          "`archbook ddl FILE` reads more.")  # fmt: skip
            return
        self.schema: Schema = parse(ddl)
        self.report = self._linted(ddl)
        tables = [EVERYTHING, *self.schema.tables]
        if tuple(tables) != tuple(self._around.options):
            self._around.options = tables  # goes back to all of them
        self._answer.value = sentence(self._sentence()) + self._changed()
        self._ask()
        self._look()

    def _linted(self, ddl: str) -> Report | None:
        """What the lint finds; with the design's waivers, where the text is the design's."""
        try:
            if self._design and self.store and self._design.ddl(self.store) == ddl:
                return lint(self._design, store=self.store)
            return lint(ddl, file=self._store.value)
        except ArchbookError:
            return None  # no table, which the answer says

    def _found(self) -> str:
        """What the lint says in a sentence."""
        said = self.report.answer.removeprefix(f"{self.report.design}: ") if self.report else ""
        return f"The lint: {said}"

    def _sentence(self) -> str:
        schema = self.schema
        if not schema.tables:
            return "No table could be read. *Told while reading* says why, line by line." if schema.statements else (
                "Paste CREATE TABLE statements on the left; they are read on this machine and go nowhere.")  # fmt: skip
        tables = schema.tables.values()
        keys = sum(len(table.foreign_keys) for table in tables)
        indexes = sum(len(table.indexes) for table in tables)
        text = (
            f"*{show_count(len(schema.tables), 'table')}* with {show_count(keys, 'foreign key')} and "
            f"{show_count(indexes, 'index', 'indexes')}. {self._found()}"
        )
        concerns = schema.concerns()
        if concerns:
            first = concerns[0]
            more = f" and {len(concerns) - 1} more" if len(concerns) > 1 else ""
            text += f" Told while reading: line {first.line}, {first.part} {first.what}{more}."
        return text

    def _changed(self) -> str:
        saved = self._design.ddl(self.store) if self._design and self.store else None
        if saved is None or saved == self._text.value:
            return ""
        return sentence(f"Changed from the design: the DDL of {self.store} is not saved.", "changed")

    def save(self) -> None:
        """Write the DDL into the store's file."""
        if self._design is None or self.store is None:
            self._tell("Pasted DDL belongs to no store; choose one, and paste it there.")
            return
        store, before = self.store, self._design.ddl(self.store) or ""
        if self._write(store, self._text.value):
            self._before = (store, before)
            self._tell(f"Saved in {self._design.stores[store].schema_}. Undo save puts it back.")

    def undo(self) -> None:
        """Put back the DDL that the last save replaced."""
        if self._before is None:
            self._tell("Nothing to undo: this panel has not saved.")
            return
        store, ddl = self._before
        if self._write(store, ddl):
            self._before = None
            self._store.value, self._text.value = store, ddl
            self._read()
            self._tell(f"The DDL of {store} is as it was before the save.")

    def _write(self, store: str, ddl: str) -> bool:
        assert self._design is not None
        try:
            self._design = save_ddl(self._design, store, ddl)
        except ArchbookError as error:
            self._tell(error)
            return False
        self._answer.value = sentence(self._sentence()) + self._changed()
        return True

    # The views

    def _look(self) -> None:
        show: dict[str, Callable[[], str]] = {
            VIEWS[0]: self._diagram, VIEWS[1]: self._lint, VIEWS[2]: lambda: self._tables().html(),
            VIEWS[3]: lambda: self.schema.ledger_table(everything=True).html(),
        }  # fmt: skip
        self._around.layout.display = "flex" if self._view.value == VIEWS[0] else "none"
        try:
            self._shown.value = show[self._view.value]()
        except ArchbookError as error:
            self._shown.value = sentence(str(error))

    def _diagram(self) -> str:
        around = None if self._around.value == EVERYTHING else self._around.value
        picture = er_picture(self.schema, f"Tables of {self._store.value}", around)
        return f'<div class="archbook-diagram">{picture.svg}</div>'

    def _lint(self) -> str:
        return self.report.html() if self.report else sentence("Nothing to look at: no table could be read.")

    def _tables(self) -> Table:
        held = self._design.stores[self.store].holds if self._design and self.store else {}
        rows = []
        for table in self.schema.tables.values():
            size = row_size_b(self.schema, table) + index_size_b(self.schema, table)
            row = [table.name, len(table.columns), ", ".join(table.primary_key) or "none",
                   ", ".join(dict.fromkeys(key.to for key in table.foreign_keys)) or None, len(table.indexes),
                   show_size(size)]  # fmt: skip
            if held:
                items = float(held[table.name].items) if table.name in held else 0.0
                row += [significant(items), show_size(size * items)] if items else [None, None]
            rows.append(row)
        heads = ["table", ">columns", "primary key", "refers to", ">indexes", ">row with indexes"]
        return as_columns([*heads, *([">rows in the design", ">size"] if held else [])], rows)

    # The experiment

    def _ask(self) -> None:
        """The question of the chosen experiment, and what it would run on."""
        experiment = experiments()[self._experiment.value]
        try:
            choice = experiment.choose(self.schema, {})
            on = f"On {choice.table}: {choice.why}."
        except ArchbookError as error:
            on = f"Not on this schema: {error}."
        self._question.value = sentence(f"{experiment.question} {on}", "changed")

    def run(self) -> None:
        """Run the chosen experiment, beside the page."""
        if self._runs():
            self._tell("An experiment runs already; Stop ends it.")
            return
        subject: Design | str = self._text.value
        if self._design and self.store and self._design.ddl(self.store) == subject:
            subject = self._design
        options = {"engine": self._engine.value, "rows": int(self._rows.value),
                   "store": self.store if isinstance(subject, Design) else None}  # fmt: skip
        name = self._experiment.value

        def measure(step: Step) -> Outcome:
            return run(name, subject, progress=step, **options)

        self._tell("Starting …")
        self._beside(measure, self._tell, self._measured, self._tell)

    def _measured(self, found: Outcome) -> None:
        self.outcome = found
        self._tell("Measured; the result is below.")
        self._show()

    def stop(self) -> None:
        """End the experiment that runs at its next step; engines are stopped with it."""
        self._tell("Stopped: nothing was kept." if self._runs() else "Nothing runs.")
        self._wanted += 1

    def keep(self) -> None:
        """Write what was measured into evidence.json."""
        if self.outcome is None:
            self._tell("Nothing measured yet: Run first.")
            return
        if self._design is None or self._design.folder is None:
            self._tell("No design folder to keep it in: open ab.panels.schema(design).")
            return
        try:
            self._keep(self._design.folder, self.outcome.evidence(self._design))
        except ArchbookError as error:
            self._tell(error)

    def _show(self) -> None:
        assert self.outcome is not None
        parts = self.outcome.parts()
        self._part.options = parts
        self._part.layout.display = "flex" if len(parts) > 1 else "none"
        self._chart()

    def _chart(self) -> None:
        found = self.outcome
        if found is None or self._part.value not in found.parts():
            return
        notes = "".join(sentence(note, "changed") for note in dict.fromkeys(
            (*(p.note for e in found.engines.values() for p in e.parts if p.name == self._part.value and p.note),
             *found.notes)))  # fmt: skip
        plans = html.escape(found.plans())
        told = "".join(f"<li>{html.escape(str(entry))}</li>" for entry in found.ledger)
        self._result.value = (
            sentence(found.verdict)
            + f'<div class="archbook-chart">{experiment_chart(found, self._part.value).svg}</div>'
            + notes
            + found.table(self._part.value).html()
            + (f"<details><summary>Plans, as they were run</summary><pre>{plans}</pre></details>" if plans else "")
            + (f"<details><summary>Told while making rows</summary><ul>{told}</ul></details>" if told else "")
            + f"<details><summary>How was this measured?</summary><p>{html.escape(_how(found))}</p></details>"
        )


def _how(found: Outcome) -> str:
    engines = " and ".join(f"{engine.title} {engine.version}" for engine in found.engines.values())
    return (
        f"{found.why[:1].upper()}{found.why[1:]}. {significant(found.rows)} rows of {found.table_name} were generated "
        f"(seed {found.seed}, foreign keys by Zipf's law, physical order shuffled) and measured on {engines} on this "
        "machine: a warm-up, then rounds in which the variants take turns. Median and quartiles of all repeats; the "
        "interval of a ratio is a 95 % bootstrap. Variants that find different rows are refused."
    )
