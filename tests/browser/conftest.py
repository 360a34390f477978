"""A real browser on a running `archbook lab`, which works on copies of the notebooks and of the design.

def test_it(notebook):
    page = notebook("00_start_here")       # opened in JupyterLab, kernel ready
    page.run_all()                         # every cell, waits until the kernel is idle
    page.at("[data-cell-index]")           # a Playwright locator; page.page is Playwright's page
    page.shoot("start")                    # build/screenshots/start.png

One server, one browser and one page serve all tests of a worker: a notebook is opened in the page that is there, on a
workbook copied anew, with a kernel of its own, and closed with it.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import nbformat
import psutil
import pytest
from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
SCREENSHOTS = ROOT / "build" / "screenshots"
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
         "--disable-sync", "--no-first-run", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"]  # fmt: skip
NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
INSTALL = "no Chromium on PATH; install it with `apt-get install chromium` (Debian) or your system's packages"
SETTINGS = {
    "notebook-extension/tracker": {"windowingMode": "none"},  # every cell is in the page, also out of sight
    "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
}
READY_S, OPEN_S, RUN_S, LOOK_S = 120.0, 120.0, 300.0, 40.0
expect.set_options(timeout=LOOK_S * 1000)  # its own 5 s are too few on a busy machine


# Whole chapters, the longest first: so no worker begins a long one when the other is about to end.
LONGEST = ("database_scaling", "data_modelling", "start_here", "performance_checklist", "common_mistakes",
           "load_balancing", "failure", "api_contracts", "service_boundaries")  # fmt: skip


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker("browser")
    order = {f"test_{name}": place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: order.get(item.path.stem, len(order)))


@dataclass
class Lab:
    """A running JupyterLab. home: all it writes; folder: the copy of the workbook; design: the one it is on."""

    home: Path
    folder: Path
    design: Path
    port: int
    token: str
    process: subprocess.Popen[bytes]
    log: Path

    def renew(self) -> None:
        """Notebooks, designs and progress as they are for a reader who begins. The folders stay: they are looked at."""
        for name in ("notebooks", "data"):
            for path in (self.folder / name).iterdir():
                shutil.rmtree(path) if path.is_dir() else path.unlink()
            copied(name, self.folder)
        shutil.rmtree(self.home / "archbook", ignore_errors=True)

    def ask(self, path: str, method: str = "GET") -> Any:
        """An answer of the server's own API."""
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", method=method)
        request.add_header("Authorization", f"token {self.token}")
        with urllib.request.urlopen(request, timeout=5) as answer:
            text = answer.read()
        return json.loads(text) if text else None

    def wait_until_ready(self) -> None:
        deadline = time.monotonic() + READY_S
        while True:
            if self.process.poll() is not None:
                pytest.fail(f"archbook lab ended with {self.process.returncode}:\n{self.said()}")
            try:
                self.ask("/api/status")
                return
            except OSError as error:
                if time.monotonic() > deadline:
                    pytest.fail(f"archbook lab was not ready after {READY_S:g} s ({error}):\n{self.said()}")
                time.sleep(0.1)

    def said(self) -> str:
        return self.log.read_text(encoding="utf-8", errors="replace")[-4000:]

    def stop(self) -> list[str]:
        """End the server and its kernels; what had to be ended by force."""
        family = [psutil.Process(self.process.pid), *psutil.Process(self.process.pid).children(recursive=True)]
        for kernel in self.ask("/api/kernels"):
            self.ask(f"/api/kernels/{kernel['id']}", "DELETE")
        self.process.send_signal(signal.SIGTERM)
        _, left = psutil.wait_procs(family, timeout=15)
        names = [" ".join(process.cmdline()) for process in left]
        for process in left:
            process.kill()
        return names


class Desk:
    """The page of JupyterLab in which notebooks are opened one after another."""

    def __init__(self, lab: Lab, browser: Browser) -> None:
        self.lab, self.page = lab, browser.new_context().new_page()
        self.beyond: list[str] = []  # addresses other than this machine that the page asked for
        self.crashes: list[str] = []  # JavaScript errors that nobody caught
        self.page.on("request", lambda request: self.beyond.extend(_beyond(request.url)))
        self.page.on("websocket", lambda web: self.beyond.extend(_beyond(web.url)))
        self.page.on("pageerror", lambda error: self.crashes.append(str(error)))
        self.load()

    def load(self) -> None:
        """JupyterLab from its start, with nothing open."""
        self.page.set_default_timeout(OPEN_S * 1000)
        self.page.goto(f"http://127.0.0.1:{self.lab.port}/lab?token={self.lab.token}&reset")
        self.page.wait_for_function("() => window.jupyterapp?.commands.hasCommand('docmanager:open')")
        self.page.evaluate("() => jupyterapp.restored.then(() => null)")
        self.page.wait_for_selector("#jupyterlab-splash", state="detached")

    def open(self, name: str, width: int, height: int) -> Notebook:
        """A notebook, its kernel idle; JupyterLab is light, with its side bar, whatever it was made before."""
        notebook, path = Notebook(self.page, name, self.beyond), f"notebooks/{name}.ipynb"
        self.page.set_viewport_size({"width": width, "height": height})
        self.page.set_default_timeout(OPEN_S * 1000)
        if self.page.locator("body[data-jp-theme-light='false']").count():
            notebook.theme(dark=False)
        self.page.evaluate("""path => { jupyterapp.shell.expandLeft();
            jupyterapp.commands.execute('docmanager:open', {path, factory: 'Notebook'}); }""", path)  # fmt: skip
        self.page.wait_for_function("""path => {
            const panel = window.jupyterapp.shell.currentWidget;
            return panel?.context?.path === path && panel.sessionContext.session?.kernel; }""", arg=path)  # fmt: skip
        notebook.wait_until_idle(OPEN_S)
        self.page.set_default_timeout(LOOK_S * 1000)
        return notebook

    def clear(self) -> None:
        """Close what is open, unsaved, and end its kernels."""
        self.page.evaluate("() => [...jupyterapp.shell.widgets('main')].forEach(widget => widget.dispose())")
        if self.page.locator(".jp-Dialog").count():  # it would cover the next test's notebook
            self.load()
        for session in self.lab.ask("/api/sessions"):
            self.lab.ask(f"/api/sessions/{session['id']}", "DELETE")


@dataclass
class Notebook:
    """A notebook in the page of the browser."""

    page: Page
    name: str
    beyond: list[str]  # addresses other than this machine that the page asked for

    def at(self, selector: str) -> Locator:
        """A locator inside the notebook."""
        return self.page.locator(".jp-NotebookPanel:not(.lm-mod-hidden)").locator(selector)

    def run_all(self, timeout_s: float = RUN_S) -> None:
        """Run every cell from the top and wait until the kernel is idle. Fails with the first cell's error."""
        self.page.evaluate("() => { window.ran = false; jupyterapp.commands.execute('notebook:run-all-cells')"
                           ".finally(() => { window.ran = true; }); }")  # fmt: skip
        self.page.wait_for_function("() => window.ran", timeout=timeout_s * 1000)
        self.wait_until_idle(timeout_s)
        errors = self.errors()
        assert not errors, f"{self.name}: {errors[0]}"

    def wait_until_idle(self, timeout_s: float = RUN_S) -> None:
        """Until the kernel is idle and no cell waits for it."""
        idle = """() => {
            const panel = jupyterapp.shell.currentWidget, kernel = panel.sessionContext.session?.kernel;
            return kernel?.status === 'idle'
                && panel.content.widgets.every(cell => (cell.model.executionState ?? 'idle') === 'idle');
        }"""
        self.page.wait_for_function(idle, timeout=timeout_s * 1000)

    def errors(self) -> list[str]:
        """The tracebacks in the notebook."""
        found = """() => jupyterapp.shell.currentWidget.content.widgets.flatMap(cell => {
            const outputs = cell.model.type === 'code' ? cell.model.sharedModel.getOutputs() : [];
            return outputs.filter(o => o.output_type === 'error').map(o => `${o.ename}: ${o.evalue}`);
        })"""
        return list(self.page.evaluate(found))

    def executed(self) -> int:
        """How many code cells have run."""
        count = "() => jupyterapp.shell.currentWidget.content.widgets.filter(c => c.model.executionCount > 0).length"
        return int(self.page.evaluate(count))

    def theme(self, dark: bool) -> None:
        """Change JupyterLab to its dark or light theme, and wait for it and for the splash that covers the page.

        A second change while the first splash goes makes JupyterLab remove it twice, which is an error in the page.
        """
        name = "JupyterLab Dark" if dark else "JupyterLab Light"
        self.page.evaluate("name => jupyterapp.commands.execute('apputils:change-theme', {theme: name})", name)
        self.page.wait_for_selector(f"body[data-jp-theme-light='{str(not dark).lower()}']", state="attached")
        self.page.wait_for_selector("#jupyterlab-splash", state="detached")

    def shoot(self, name: str, selector: str = "") -> Path:
        """A picture of the page, or of one part of it, in build/screenshots."""
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        path = SCREENSHOTS / f"{name}.png"
        if selector:
            self.at(selector).first.screenshot(path=path)
        else:
            self.page.screenshot(path=path)
        return path

    def shoot_panel(self, name: str) -> None:
        """Its panel in both themes, and as narrow as half a screen."""
        self.shoot(f"{name}-light", ".archbook-panel")
        self.theme(dark=True)
        self.shoot(f"{name}-dark", ".archbook-panel")
        self.theme(dark=False)
        self.page.set_viewport_size({"width": 1000, "height": 1900})
        self.page.wait_for_timeout(300)
        box = self.at(".archbook-panel").first.bounding_box()
        assert box
        assert box["width"] < 720
        self.shoot(f"{name}-narrow", ".archbook-panel")


def chromium() -> str:
    """The browser on PATH; a visible skip where there is none."""
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    if found is None:
        if os.environ.get("CI"):
            pytest.fail(INSTALL)
        pytest.skip(INSTALL)
    return found


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = chromium()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS, headless=True)
        yield browser
        browser.close()


def copied(name: str, folder: Path) -> None:
    """A folder of the checkout elsewhere: `archbook lab` started there changes nothing here."""
    ignored = shutil.ignore_patterns("__pycache__", ".ipynb_checkpoints")
    shutil.copytree(ROOT / name, folder / name, ignore=ignored, dirs_exist_ok=True)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """`archbook lab` on copies."""
    chromium()
    home = tmp_path_factory.mktemp("lab")
    folder = home / "work book"  # a space, as people have them
    for name in ("src", "notebooks", "data"):
        copied(name, folder)
    for name, values in SETTINGS.items():
        path = home / "settings" / "@jupyterlab" / f"{name}.jupyterlab-settings"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(values), encoding="utf-8")
    (home / "config").mkdir()
    config = {"LabApp": {"expose_app_in_browser": True}}
    (home / "config" / "jupyter_lab_config.json").write_text(json.dumps(config), encoding="utf-8")
    design, port, token = folder / "data" / "designs" / "ecommerce", free_port(), secrets.token_hex(16)
    environment = {**os.environ, "JUPYTER_TOKEN": token, "JUPYTER_CONFIG_DIR": str(home / "config"),
                   "JUPYTERLAB_SETTINGS_DIR": str(home / "settings"), "ARCHBOOK_HOME": str(home / "archbook"),
                   "JUPYTERLAB_WORKSPACES_DIR": str(home / "workspaces"), "JUPYTER_RUNTIME_DIR": str(home / "runtime"),
                   "PYTHONPATH": os.pathsep.join([os.environ["PYTHONPATH"], str(folder / "src")])}  # fmt: skip
    log = home / "lab.log"
    with log.open("wb") as out:
        command = [sys.executable, "-m", "archbook", "lab", str(design), "--no-browser", "--port", str(port)]
        process = subprocess.Popen(command, stdout=out, stderr=out, stdin=subprocess.DEVNULL, env=environment, cwd=home)
    lab = Lab(home, folder, design, port, token, process, log)
    try:
        lab.wait_until_ready()
        yield lab
        left = lab.stop()
        assert not left, f"had to be ended by force: {left}"
    finally:
        if process.poll() is None:
            process.kill()


@pytest.fixture(scope="session")
def desk(lab: Lab, browser: Browser) -> Desk:
    return Desk(lab, browser)


@contextmanager
def opening(lab: Lab, desk: Desk) -> Iterator[Callable[..., Notebook]]:
    """What opens notebooks on a new workbook. Nothing they load may come from beyond this machine."""
    lab.renew()
    desk.beyond.clear()
    desk.crashes.clear()

    def open_notebook(name: str, width: int = 1400, height: int = 1000) -> Notebook:
        return desk.open(name, width, height)

    try:
        yield open_notebook
        assert desk.beyond == [], f"the page asked for addresses beyond this machine: {desk.beyond}"
        assert desk.crashes == [], f"JavaScript failed in the page: {desk.crashes}"
    finally:
        desk.clear()


@pytest.fixture
def notebook(lab: Lab, desk: Desk) -> Iterator[Callable[..., Notebook]]:
    """`notebook("00_start_here")`: opened, its kernel idle."""
    with opening(lab, desk) as open_notebook:
        yield open_notebook


@pytest.fixture(scope="module")
def read_notebook(lab: Lab, desk: Desk) -> Iterator[Callable[..., Notebook]]:
    """`read_notebook("00_start_here")`: the same, run once, and left open for all tests of a module."""
    with opening(lab, desk) as open_notebook:

        def read(name: str, **options: int) -> Notebook:
            page = open_notebook(name, **options)
            page.run_all()
            return page

        yield read


def _beyond(url: str) -> list[str]:
    parts = urlsplit(url)
    local = parts.scheme in ("data", "blob", "about") or parts.hostname in ("127.0.0.1", "localhost")
    return [] if local else [url]


@pytest.fixture
def opened(lab: Lab, notebook: Callable[..., Notebook]) -> Callable[..., Notebook]:
    """`opened("roles", height=1900)`: a notebook of one cell that opens a panel of the design at hand."""

    def open_panel(name: str, **options: int) -> Notebook:
        cell = nbformat.v4.new_code_cell(f"import archbook as ab\nab.panels.{name}(ab.open_design())")
        document = nbformat.v4.new_notebook(cells=[cell])
        document.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
        nbformat.write(document, lab.folder / "notebooks" / f"{name}_panel.ipynb")
        page = notebook(f"{name}_panel", **options)
        page.run_all()
        page.at(".archbook-answer").first.wait_for()
        return page

    return open_panel
