"""Untrusted files are read by one-shot jobs: what they give back, and what they cannot do."""

import socket

import pytest

from src.data.cage.jobs import JobLimits, run_job
from src.errors import DataFileError, ExecutionError

SMALL = JobLimits(seconds=10, memory_mb=512, file_mb=4)


@pytest.fixture
def files(tmp_path):
    source = tmp_path / "export.csv"
    source.write_text("a,b\n1,2\n")
    out = tmp_path / "out"
    out.mkdir()
    return source, out


def job(name, files, args=None, limits=SMALL):
    source, out = files
    arguments = {"source": str(source), "out": str(out), **(args or {})}
    return run_job(
        f"tests.cage.job_functions:{name}", arguments, reads=[source], writes=out, limits=limits
    )


def test_a_job_reads_its_input_writes_its_output_and_returns_json(files):
    assert job("copy", files) == {"length": 8}
    assert (files[1] / "copy.txt").read_text() == "a,b\n1,2\n"


def test_a_job_sees_no_environment_no_other_file_and_no_network(files, tmp_path, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-canary")
    secret = tmp_path / "secret.txt"
    secret.write_text("secret")
    with socket.create_server(("127.0.0.1", 0)) as server:
        seen = job(
            "snoop",
            files,
            {
                "secret": str(secret),
                "outside": str(tmp_path / "outside.txt"),
                "port": server.getsockname()[1],
            },
        )
    assert "sk-canary" not in str(seen)
    if seen["other_file"] == "done":
        pytest.skip("this kernel has no Landlock")
    assert seen["other_file"] == seen["write_outside"] == seen["network"] == "PermissionError"
    assert not (tmp_path / "outside.txt").exists()


def test_what_the_function_raises_arrives_as_it_is(files):
    with pytest.raises(DataFileError) as failure:
        job("complain", files)
    assert failure.value.to_dict() == {
        "code": "data_file",
        "message": "Line 3 has no date.",
        "where": "line 3",
        "kept": None,
        "hint": "Correct the line.",
    }


@pytest.mark.parametrize(
    ("name", "limits", "message"),
    [
        ("stumble", SMALL, "KeyError"),
        ("loop", JobLimits(seconds=0.5, memory_mb=256, file_mb=1), "more than 0.5 seconds"),
        ("hoard", SMALL, "more than 512 MB"),
        ("crash", SMALL, "crash"),
        ("flood", SMALL, "export.csv"),
    ],
)
def test_whatever_a_file_does_to_its_reader_is_a_message_that_names_it(
    files, name, limits, message
):
    with pytest.raises(DataFileError, match=r"export\.csv") as failure:
        job(name, files, limits=limits)
    assert message in failure.value.message
    assert failure.value.kept
    assert job("copy", files) == {"length": 8}


def test_without_a_file_to_blame_it_is_an_execution_error():
    with pytest.raises(ExecutionError):
        run_job("tests.cage.job_functions:crash", {}, limits=SMALL)


def test_nothing_a_job_prints_leaks(files, capfd):
    assert job("chat", files) == "quiet"
    captured = capfd.readouterr()
    assert "noise" not in captured.out + captured.err
