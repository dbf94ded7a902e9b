"""The same capabilities from a shell, with a human in the loop there too.

Answers go to standard output (``--json``: one JSON document), errors to standard error. Exit codes:
0 done, 1 failed, 2 bad usage or input, 3 needs a human decision, 4 refused by the guard, 5 provider
failure, 130 interrupted. docs/cli.md has the whole of it. What a command needs is imported when it
is called.
"""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from src.shell.outcome import (
    Exit,
    internal,
    prepare_streams,
    reported,
    say,
    say_json,
    warn,
    warn_of,
)

app = typer.Typer(
    name="python -m src",
    help="Questions about ad campaigns, answered with a human in the loop.",
    epilog="Exit codes: 0 done, 1 failed, 2 bad usage or input, 3 needs a human decision, "
    "4 refused by the guard, 5 provider failure, 130 interrupted.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


class EngineKind(StrEnum):
    """Who answers in an evaluation."""

    OFFLINE = "offline"
    MODELS = "models"


AsJson = Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")]
Data = Annotated[
    list[Path] | None,
    typer.Option("--data", metavar="FILE", help="A file to ask about; repeat for more tables."),
]
Database = Annotated[
    str | None, typer.Option("--database", metavar="URL", help="A database to ask instead.")
]
SameDatabase = Annotated[
    str | None,
    typer.Option("--database", metavar="URL", help="The database it was asked of, if it was one."),
]
Choose = Annotated[
    int | None,
    typer.Option("--choose", metavar="N", help="The reading to take, as numbered in the list: "
                 "from 0, like session.choose(0)."),
]  # fmt: skip
Approve = Annotated[
    bool, typer.Option("--approve", help="Approve the SQL and run it. Without it nothing runs.")
]
By = Annotated[
    str | None,
    typer.Option("--by", metavar="NAME", help="Who approves; CAMPAIGN_ANALYST_USER if unset."),
]
Insights = Annotated[bool, typer.Option("--insights", help="Explain the result.")]
ReportFile = Annotated[
    Path | None,
    typer.Option("--report", metavar="FILE", help="Write a report: .html or .md by suffix."),
]


@app.command()
def ask(  # noqa: PLR0917 - typer reads the parameters as the command's options
    question: Annotated[str, typer.Argument(help="What you want to know, in plain words.")],
    data: Data = None,
    database: Database = None,
    choose: Choose = None,
    approve: Approve = False,
    by: By = None,
    insights: Insights = False,
    report: ReportFile = None,
    as_json: AsJson = False,
) -> None:
    """Ask about the data: readings and SQL first, the answer with --approve.

    Stops with 3 when a person must decide: without --approve, or when several readings are about
    as likely and there is no --choose. `resume` goes on from there with exactly what was shown.
    """
    from src.shell.asking import Wishes, ask_question

    with reported(as_json):
        wishes = Wishes(choose, approve, by, insights, report, as_json)
        code = ask_question(question, data, database, wishes)
    raise typer.Exit(code)


@app.command()
def resume(  # noqa: PLR0917 - as above
    session: Annotated[
        str, typer.Argument(metavar="SESSION", help="The analysis' id, as `ask` printed it.")
    ],
    database: SameDatabase = None,
    choose: Choose = None,
    approve: Approve = False,
    by: By = None,
    insights: Insights = False,
    report: ReportFile = None,
    as_json: AsJson = False,
) -> None:
    """Go on with an analysis at its last step; --approve runs exactly the SQL that was shown."""
    from src.shell.asking import Wishes, resume_session

    with reported(as_json):
        wishes = Wishes(choose, approve, by, insights, report, as_json)
        code = resume_session(session, database, wishes)
    raise typer.Exit(code)


@app.command()
def sessions(
    words: Annotated[
        list[str] | None, typer.Argument(metavar="WORDS", help="Words that must all occur.")
    ] = None,
    limit: Annotated[
        int, typer.Option(metavar="N", min=1, max=1000, help="How many at the most, to 1000.")
    ] = 20,
    as_json: AsJson = False,
) -> None:
    """List your analyses, newest first."""
    from src.shell.listing import sessions_document, sessions_words

    with reported(as_json):
        document = sessions_document(" ".join(words or ()), limit)
        say_json(document) if as_json else say(sessions_words(document))


@app.command("check-sql")
def check_sql(
    file: Annotated[str, typer.Argument(metavar="FILE|-", help="SQL to read; - is stdin.")] = "-",
    dialect: Annotated[str, typer.Option(help="duckdb or postgres.")] = "duckdb",
    as_json: AsJson = False,
) -> None:
    """Say whether the guard would let a statement run. Runs nothing; exits with 4 on a refusal."""
    from src.shell.checking import check, verdict_words

    with reported(as_json):
        verdict = check(file, dialect)
        say_json(verdict.model_dump(mode="json")) if as_json else say(verdict_words(verdict))
    raise typer.Exit(Exit.DONE if verdict.allowed else Exit.GUARD)


@app.command()
def inspect(
    file: Annotated[Path, typer.Argument(help="The file to look at.")], as_json: AsJson = False
) -> None:
    """Show how an upload would be read, and why. Nothing is kept."""
    from src.shell.listing import inspection_document, inspection_words

    with reported(as_json):
        document = inspection_document(file)
        say_json(document) if as_json else say(inspection_words(document))


@app.command()
def usage(as_json: AsJson = False) -> None:
    """Show what model calls cost so far, by task and model."""
    from src.shell.listing import usage_document, usage_words

    with reported(as_json):
        document = usage_document()
        say_json(document) if as_json else say(usage_words(document))


@app.command()
def doctor(
    ask: Annotated[
        bool,
        typer.Option(
            "--ask/--no-ask", help="Ask the providers, free of charge, or only read files."
        ),
    ] = True,
    as_json: AsJson = False,
) -> None:
    """Check keys, addresses, prices and lives of the mapped models; 1 when one is near its end."""
    from src.shell.doctor import doctor_document, doctor_words

    with reported(as_json):
        document = doctor_document(ask)
        say_json(document) if as_json else say(doctor_words(document))
    raise typer.Exit(Exit.DONE if document["healthy"] else Exit.FAILED)


@app.command()
def evaluate(
    cases: Annotated[
        Path, typer.Option("--cases", metavar="FILE", help="Questions with gold SQL.")
    ],
    data: Data = None,
    database: Database = None,
    engine: Annotated[EngineKind, typer.Option(help="Who answers.")] = EngineKind.OFFLINE,
    as_json: AsJson = False,
) -> None:
    """Run a question set and score the answers; every SQL passes the guard before it runs."""
    from src.shell.evaluating import evaluate_cases, report_words

    with reported(as_json):
        report = evaluate_cases(cases, data, database, engine.value)
        say_json(report.to_dict()) if as_json else say(report_words(report))


def main() -> None:
    """Run the command line; ends the process with the command's exit code."""
    prepare_streams()
    try:
        app()
    except (KeyboardInterrupt, typer.Abort):
        warn("Error: Interrupted.")
        sys.exit(Exit.INTERRUPTED)
    except Exception as error:  # noqa: BLE001 - the last line before a traceback
        warn_of(internal(error))
        sys.exit(Exit.FAILED)
