"""Makes `.venv` from the hashed lock, once for each lock: python3 with venv is all it needs.

    python3 scripts/bootstrap.py

uv does the work when it is on PATH or when pip can install the locked one; else pip does it, slower. Both check every
hash. The mirrors that pip is told of are told to uv as well.
"""

import hashlib
import os
import platform
import re
import shutil
import subprocess
import sys
from pathlib import Path

OLDEST = (3, 11)
ROOT = Path(__file__).resolve().parent.parent
HOME = ROOT / ".venv"
LOCK = ROOT / "requirements.lock"
STAMP = HOME / ".ready"
PYTHON = HOME / "bin" / "python"
MIRRORS = {"index-url": "UV_DEFAULT_INDEX", "extra-index-url": "UV_INDEX", "find-links": "UV_FIND_LINKS"}


def main(version=sys.version_info):
    """Set up unless the stamp says that this lock stands already. Exit code 2: the machine lacks something."""
    if version < OLDEST:
        return refuse(
            "opsbook needs Python 3.11 or newer; this one is {}.{}.{}.".format(*version[:3]),
            "Install a newer one, or name it: make PYTHON=python3.12",
        )
    digest = wanted()
    if STAMP.exists() and STAMP.read_text("utf-8").strip() == digest and PYTHON.exists():
        return 0
    print("Setting up .venv from requirements.lock", flush=True)
    if not PYTHON.exists() and not make_venv():
        return refuse(
            "A virtual environment could not be made with this Python.",
            "On Debian and Ubuntu: apt-get install python3-venv",
        )
    if not (with_uv() or with_pip()):
        return refuse(
            "The packages of requirements.lock could not be installed.",
            "See the lines above; behind a mirror set PIP_INDEX_URL, behind a private certificate PIP_CERT.",
        )
    STAMP.write_text(digest + "\n", "utf-8")
    return 0


def wanted():
    """What the stamp must say: the lock, the package's own declaration, this interpreter."""
    seen = hashlib.sha256(platform.python_version().encode())
    for path in (LOCK, ROOT / "pyproject.toml", Path(__file__)):
        seen.update(path.read_bytes())
    return seen.hexdigest()


def make_venv():
    if runs([sys.executable, "-m", "venv", str(HOME)]):
        return True
    shutil.rmtree(str(HOME), ignore_errors=True)
    uv = shutil.which("uv")
    return uv is not None and runs([uv, "venv", "--quiet", "--python", sys.executable, str(HOME)])


def with_uv():
    uv = shutil.which("uv") or locked_uv()
    if uv is None:
        return False
    install = [uv, "pip", "install", "--quiet", "--python", str(PYTHON)]
    environment = mirrored(dict(os.environ))
    if not runs([*install, "--require-hashes", "-r", str(LOCK)], environment):
        print("uv could not install the lock; pip tries next.", flush=True)
        return False
    return runs([*install, "--no-deps", "--no-build-isolation", "-e", str(ROOT)], environment)


def with_pip():
    install = [str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    return runs([*install, "--require-hashes", "-r", str(LOCK)]) and runs(
        [*install, "--no-deps", "--no-build-isolation", "-e", str(ROOT)]
    )


def locked_uv():
    """The uv of the lock, installed by pip under its hashes; None when that does not work here."""
    block = re.search(r"^uv==.*(?:\n[ \t]+--hash.*)*", LOCK.read_text("utf-8"), re.MULTILINE)
    if block is None:
        return None
    only = HOME / "uv.txt"
    only.write_text(block[0] + "\n", "utf-8")
    found = HOME / "bin" / "uv"
    command = [str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]
    done = runs([*command, "--require-hashes", "-r", str(only)])
    only.unlink()
    return str(found) if done and found.exists() else None


def mirrored(environment, python=str(PYTHON)):
    """The environment with pip's mirrors and certificate under uv's names; what uv is told already stands."""
    ask = [python, "-m", "pip", "config", "list"]
    told = subprocess.run(ask, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
    for line in told.stdout.decode("utf-8", "replace").splitlines():
        key, _, value = line.partition("=")
        name = key.rpartition(".")[2]
        words = value.strip("'\"").replace("\\n", " ").split()
        if name in MIRRORS and words:
            environment.setdefault(MIRRORS[name], (" " if name == "extra-index-url" else ",").join(words))
        if name == "cert" and words:
            environment.setdefault("SSL_CERT_FILE", words[0])
    environment.setdefault("UV_INDEX_STRATEGY", "unsafe-best-match")  # the hashes say which file is meant
    return environment


def runs(command, environment=None):
    try:
        return subprocess.call(command, env=environment, cwd=str(ROOT)) == 0
    except OSError as error:
        print("{}: {}".format(command[0], error), flush=True)
        return False


def refuse(sentence, cure):
    print(sentence, cure, sep="\n", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main())
