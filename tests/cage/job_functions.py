"""Functions for the job tests: what a reader of untrusted files might do, or be made to do."""

import os
import socket
import time
from pathlib import Path

from src.errors import DataFileError


def copy(args):
    text = Path(args["source"]).read_text()
    (Path(args["out"]) / "copy.txt").write_text(text)
    return {"length": len(text)}


def snoop(args):
    """What this process sees of the world outside its job."""

    def attempt(action):
        try:
            action()
        except OSError as error:
            return type(error).__name__
        return "done"

    return {
        "environment": dict(os.environ),
        "other_file": attempt(lambda: Path(args["secret"]).read_text()),
        "write_outside": attempt(lambda: Path(args["outside"]).write_text("x")),
        "network": attempt(lambda: socket.create_connection(("127.0.0.1", args["port"]), 2)),
    }


def complain(args):
    raise DataFileError("Line 3 has no date.", where="line 3", hint="Correct the line.")


def stumble(args):
    return {}["missing"]


def loop(args):
    while True:
        time.sleep(0.1)


def hoard(args):
    return len(bytearray(4 << 30))


def crash(args):
    os.abort()


def flood(args):
    with (Path(args["out"]) / "big").open("wb") as file:
        for _ in range(1024):
            file.write(b"x" * (1 << 20))
    return "done"


def chat(args):
    print("noise on stdout", flush=True)
    os.write(2, b"noise on stderr")
    return "quiet"
