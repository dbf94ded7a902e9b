"""An analysis whose data set was removed opens from the history as it was stored, to read only."""

from __future__ import annotations

from src.ui.data.upload import add_files
from src.ui.preferences import change_preferences
from src.ui.services import forget_dataset, library, open_analyst
from tests.ui.conftest import OpenPage, words

CSV = b"Day,Campaign,Cost,Clicks\n" + b"\n".join(
    f"2026-05-{d:02d},{c},{d}.5,{d}".encode() for d in range(1, 29) for c in ("Ann", "Bea")
)


def test_what_was_stored_is_shown_and_that_the_data_is_gone(open_page: OpenPage) -> None:
    open_page("pages/History.py", user="ida")
    dataset = add_files("ida", [("spring.csv", CSV)])
    analyst = open_analyst("ida", dataset.id)
    run, asked = analyst.ask("clicks by campaign"), analyst.ask("cost by campaign")
    run.choose(0)
    run.run(run.approve(by="Ida"))
    answer = run.insights()[0].text
    library("ida").remove(dataset.id)
    forget_dataset("ida", dataset.id)
    change_preferences("ida", dataset_id=None)

    app = open_page(user="ida", analysis=run.id)
    shown = words(app)
    assert "spring.csv, which was removed" in shown
    assert "cannot be changed or run again" in shown
    assert "clicks by campaign" in shown
    assert "Approved by Ida" in shown
    assert answer in shown
    assert "GROUP BY" in app.code[0].value
    table = app.dataframe[0].value
    assert set(table.iloc[:, 0]) == {"Ann", "Bea"}
    assert not [b for b in app.button if "Run" in b.label or "Approve" in b.label]

    shown = words(open_page(user="ida", analysis=asked.id))
    assert "cost by campaign" in shown
    assert "No result was stored" in shown


def test_an_analysis_of_somebody_else_is_not_shown(open_page: OpenPage) -> None:
    open_page("pages/History.py", user="kim")
    session = open_analyst("kim", None).ask("clicks by device")
    shown = words(open_page(user="lee", analysis=session.id))
    assert "clicks by device" not in shown
    assert "There is no such analysis" in shown
    assert session.id not in shown
