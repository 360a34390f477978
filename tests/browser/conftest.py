"""A real browser on a running `archbook lab`, which works on copies of the notebooks and of the design.

def test_it(notebook):
    page = notebook("00_start_here")       # opened in JupyterLab, kernel ready
    page.run_all()                         # every cell, waits until the kernel is idle
    page.at("[data-cell-index]")           # a Playwright locator; page.page is Playwright's page
    page.shoot("start")                    # build/screenshots/start.png
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
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import nbformat
import psutil
import pytest
from playwright.sync_api import Browser, Locator, Page, sync_playwright

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


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker("browser")


@dataclass
class Lab:
    """A running JupyterLab. folder: the copy of the workbook; design: the copy of the design it is on."""

    folder: Path
    design: Path
    port: int
    token: str
    process: subprocess.Popen[bytes]
    log: Path

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


@dataclass
class Notebook:
    """One notebook in one page of the browser."""

    page: Page
    name: str
    beyond: list[str] = field(default_factory=list)  # addresses other than this machine that the page asked for
    crashes: list[str] = field(default_factory=list)  # JavaScript errors that nobody caught

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


def copied_workbook(folder: Path) -> Path:
    """The checkout's source, notebooks and designs elsewhere: `archbook lab` started there changes nothing here."""
    for name in ("src", "notebooks", "data"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__", ".ipynb_checkpoints"))
    return folder


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """`archbook lab` on copies, for the tests of one module."""
    chromium()
    home = tmp_path_factory.mktemp("lab")
    folder = copied_workbook(home / "work book")  # a space, as people have them
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
    lab = Lab(folder, design, port, token, process, log)
    try:
        lab.wait_until_ready()
        yield lab
        left = lab.stop()
        assert not left, f"had to be ended by force: {left}"
    finally:
        if process.poll() is None:
            process.kill()


@pytest.fixture
def notebook(lab: Lab, browser: Browser) -> Iterator[Callable[..., Notebook]]:
    """`notebook("00_start_here")`: opened, its kernel idle. Nothing it loads may come from beyond this machine."""
    opened: list[Notebook] = []

    def open_notebook(name: str, width: int = 1400, height: int = 1000) -> Notebook:
        context = browser.new_context(viewport={"width": width, "height": height})
        page = context.new_page()
        notebook = Notebook(page, name)
        opened.append(notebook)
        page.on("request", lambda request: notebook.beyond.extend(_beyond(request.url)))
        page.on("websocket", lambda web: notebook.beyond.extend(_beyond(web.url)))
        page.on("pageerror", lambda error: notebook.crashes.append(str(error)))
        page.set_default_timeout(OPEN_S * 1000)
        page.goto(f"http://127.0.0.1:{lab.port}/lab/tree/notebooks/{name}.ipynb?token={lab.token}&reset")
        page.wait_for_function("() => window.jupyterapp?.shell?.currentWidget?.sessionContext?.session?.kernel")
        notebook.wait_until_idle(OPEN_S)
        page.set_default_timeout(LOOK_S * 1000)
        return notebook

    yield open_notebook
    for one in opened:
        one.page.context.close()
    for kernel in lab.ask("/api/sessions"):
        lab.ask(f"/api/sessions/{kernel['id']}", "DELETE")
    beyond = [address for one in opened for address in one.beyond]
    assert beyond == [], f"the page asked for addresses beyond this machine: {beyond}"
    crashes = [crash for one in opened for crash in one.crashes]
    assert crashes == [], f"JavaScript failed in the page: {crashes}"


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
