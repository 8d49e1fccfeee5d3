"""A Jupyter server of the tests' own: no token, nothing shared with the user's settings, ended by its own pid."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

import psutil

START_TIMEOUT_S = 120


class JupyterServer:
    """JupyterLab on a free local port, everything it writes under `folder`; a context manager.

    Jupyter Notebook and Voila are extensions of the same server and answer there too.

    Parameters
    ----------
    folder : path
    command : tuple of str
        What starts it.
    """

    def __init__(self, folder: Path, command: tuple[str, ...] = (sys.executable, "-m", "jupyterlab")) -> None:
        self._command = command
        self.root = folder / "notebooks"
        self.runtime = folder / "runtime"
        self.data = folder / "data"
        self._log_path = folder / "server.log"
        self._folder = folder
        quiet = folder / "settings" / "@jupyterlab" / "apputils-extension" / "notification.jupyterlab-settings"
        for path in (self.root, self.runtime, folder / "config", quiet.parent):
            path.mkdir(parents=True)
        quiet.write_text('{"fetchNews": "false", "checkForUpdates": false}')
        port = _free_port()
        self.url = f"http://127.0.0.1:{port}"
        (folder / "config" / "jupyter_server_config.json").write_text(json.dumps(self._config(port)))

    def __enter__(self) -> JupyterServer:
        with self._log_path.open("wb") as log:
            self._process = subprocess.Popen(self._command, env=self._environment(), stdout=log, stderr=log)
        self._wait_until_it_answers()
        return self

    def __exit__(self, *_: object) -> None:
        family = psutil.Process(self._process.pid).children(recursive=True)
        self._process.terminate()
        try:
            self._process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        for child in psutil.wait_procs(family, timeout=2)[1]:
            child.kill()

    def request(self, method: str, path: str) -> Any:
        """Ask the server's REST interface; return the parsed answer, None where it is empty."""
        request = urllib.request.Request(f"{self.url}/api/{path}", method=method)
        with urllib.request.urlopen(request, timeout=30) as answer:
            body = answer.read()
        return json.loads(body) if body else None

    def _config(self, port: int) -> dict[str, Any]:
        return {
            "ServerApp": {
                "ip": "127.0.0.1",
                "port": port,
                "port_retries": 0,
                "open_browser": False,
                "allow_root": True,
                "root_dir": str(self.root),
                "disable_check_xsrf": True,
            },
            "IdentityProvider": {"token": ""},
            "LabApp": {"expose_app_in_browser": True, "news_url": None, "extension_manager": "readonly"},
            "JupyterNotebookApp": {"expose_app_in_browser": True},
        }

    def _environment(self) -> dict[str, str]:
        folders = {
            "JUPYTER_CONFIG_DIR": "config",
            "JUPYTER_DATA_DIR": "data",
            "JUPYTER_RUNTIME_DIR": "runtime",
            "JUPYTERLAB_SETTINGS_DIR": "settings",
            "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
            "IPYTHONDIR": "ipython",
        }
        return {**os.environ, **{name: str(self._folder / path) for name, path in folders.items()}}

    def _wait_until_it_answers(self) -> None:
        deadline = time.monotonic() + START_TIMEOUT_S
        while time.monotonic() < deadline and self._process.poll() is None:
            try:
                self.request("GET", "status")
            except OSError:
                time.sleep(0.1)
            else:
                return
        log = self._log_path.read_text()
        self.__exit__()
        raise RuntimeError(f"JupyterLab did not answer within {START_TIMEOUT_S} s; its log:\n{log}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
