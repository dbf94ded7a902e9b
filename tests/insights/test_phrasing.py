"""What a model writes is shown only where the facts bear it out."""

from __future__ import annotations

from decimal import Decimal

import pytest

from src.insights.auto_insights import AutoInsights
from src.insights.phrasing import Phrase, Phrases
from src.llm.types import LLMRequest, LLMResponse, TaskType
from tests.insights.tables import dataset, plan, result

FRAME = {"platform": ["Google Ads", "Meta", "TikTok"], "spend": [5000.0, 3000.0, 2000.0]}


class ScriptedRouter:
    """Answers with the given sentences, as a provider would, and keeps what it was asked."""

    def __init__(self, *texts: str, provider: str = "openai") -> None:
        self.texts, self.provider = texts, provider
        self.asked: list[LLMRequest] = []

    def complete(self, request: LLMRequest) -> LLMResponse:
        self.asked.append(request)
        parsed = Phrases(sentences=[Phrase(text=text) for text in self.texts])
        return LLMResponse(
            text=parsed.model_dump_json(), parsed=parsed, provider=self.provider, model="m-1",
            usage=None, cost=Decimal(0), seconds=0.1,
        )  # fmt: skip


def generate(router: ScriptedRouter):
    answer, columns = result(FRAME)
    query = plan(dimensions=("platform",))
    return AutoInsights(router).generate(answer, columns, query, dataset(), "who spends?", "s-1")


def test_true_sentences_are_shown_with_their_facts_and_their_author():
    report = generate(
        ScriptedRouter("Google Ads has the highest spend, $5,000.", "Total spend is $10,000.")
    )
    assert [i.text for i in report.insights if i.kind == "finding"] == [
        "Google Ads has the highest spend, $5,000.",
        "Total spend is $10,000.",
    ]
    assert report.engine == "m-1"
    assert all(report.fact(i) for insight in report.insights for i in insight.facts)


def test_a_false_sentence_is_dropped_and_counted():
    report = generate(
        ScriptedRouter(
            "Google Ads has the highest spend, $5,000.",
            "Total spend is $10,000.",
            "Meta has the highest spend, $5,000.",
            "TikTok spends 35% of the total.",
        )
    )
    assert len([i for i in report.insights if i.engine == "m-1"]) == 2
    assert "2 sentences were left out" in report.notes[0]


@pytest.mark.parametrize(
    "router",
    [
        ScriptedRouter(provider="offline"),
        ScriptedRouter("Spend tripled to $99,999."),
        ScriptedRouter("Everything is going well."),
    ],
    ids=["no model", "nothing true", "nothing said"],
)
def test_code_words_the_findings_when_no_model_sentence_holds(router):
    report = generate(router)
    assert report.engine == "offline"
    assert any("Google Ads has the highest spend, $5,000.00" in i.text for i in report.insights)


def test_only_facts_are_sent_unless_rows_are_shared(monkeypatch):
    from src.config.settings import get_settings

    def sent() -> LLMRequest:
        router = ScriptedRouter("Total spend is $10,000.")
        generate(router)
        return router.asked[0]

    get_settings.cache_clear()
    request = sent()
    assert request.task is TaskType.INSIGHTS_GENERATION and request.session == "s-1"
    assert "Rows:" not in request.prompt
    monkeypatch.setenv("LLM_SHARE_ROWS", "true")
    get_settings.cache_clear()
    assert "Rows:\nplatform,spend" in sent().prompt
    monkeypatch.undo()
    get_settings.cache_clear()


def test_an_empty_result_asks_no_model():
    router = ScriptedRouter("Total spend is $10,000.")
    answer, columns = result({"platform": [], "spend": []})
    report = AutoInsights(router).generate(answer, columns, plan(), dataset(), "q")
    assert not router.asked and report.insights[0].text.startswith("No rows matched")
