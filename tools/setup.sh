#!/bin/sh
# Finds a Python that can make virtual environments and hands over to setup.py, which does the rest.
cd "$(dirname "$0")/.." || exit 1

runs() { "$1" -c "$2" >/dev/null 2>&1; }

old=
bare=
for python in ${PYTHON:+"$PYTHON"} python3.13 python3.12 python3.11 python3 python; do
    runs "$python" 'pass' || continue
    if ! runs "$python" 'import sys; sys.exit(sys.version_info < (3, 11))'; then
        old=${old:-$("$python" --version 2>&1)}
    elif ! runs "$python" 'import venv, ensurepip, ctypes, sqlite3, ssl'; then
        bare=${bare:-$python}
    else
        exec "$python" tools/setup.py
    fi
done

if [ -n "$bare" ]; then
    echo "Archbook cannot set itself up: $bare lacks a part of its standard library that it needs." >&2
    for module in venv ensurepip ctypes sqlite3 ssl; do
        runs "$bare" "import $module" || echo "  missing: $module" >&2
    done
    version=$("$bare" -c 'import sys; print("python%d.%d" % sys.version_info[:2])')
    echo "On Debian or Ubuntu install $version-venv (apt-get install $version-venv), then run make again." >&2
else
    echo "Archbook needs Python 3.11 or newer; found ${old:-none}." >&2
    echo "Install one (python.org, conda, pyenv or your system's packages), or name it: make setup PYTHON=/path/to/python3.12" >&2
fi
exit 1
