"""A sentence passes only if every number, direction, rank and name in it is a fact."""

from __future__ import annotations

import pytest

from src.insights.compute import facts_of
from src.insights.grounding import Grounds
from src.insights.grounds import grounds_of
from src.insights.shape import read_shape
from src.query_engine.plan import Having
from tests.insights.tables import dataset, plan, result

FRAME = {
    "platform": ["Google Ads", "Meta", "LinkedIn", "TikTok 2024"],
    "spend": [12345.67, 5000.0, 800.0, 350.5],
    "spend_baseline": [10000.0, 6000.0, 800.0, 300.0],
    "revenue": [43209.845, 9000.0, 400.0, 700.0],
    "roas": [3.5, 1.8, 0.5, 1.997147],
}


@pytest.fixture(scope="module")
def grounds() -> Grounds:
    answer, columns = result(FRAME)
    query = plan(dimensions=("platform",), having=(Having(metric="roas", op=">", values=(0.4,)),))
    shape = read_shape(answer, columns, query, dataset())
    return grounds_of(shape, facts_of(shape, dataset()))


TRUE = [
    "Google Ads has the highest Spend, $12,345.67.",
    "Google Ads spent the most: spend was $12,346.",
    "Google Ads had a spend of about $12,300.",
    "Google Ads reached $12.3K of spend.",
    "Spend on Google Ads rose 23.5% to $12,345.67.",
    "Spend on Google Ads rose 23%, to over $12,000.",
    "Meta has the largest fall in spend, down $1,000 or 16.67%.",
    "LinkedIn has the lowest ROAS, 0.50.",
    "Google Ads has the best ROAS at 3.5x.",
    "Total spend is $18,496.17, up 8.16% from $17,100.",
    "All 4 platforms passed the ROAS threshold of 0.4.",
    "Meta ranks second in spend.",
    "У Google Ads самый высокий расход: 12 345,67 $.",
    "Google Ads: spend 12 345,67 $, рост на 23,5 %.",
    "У Google Ads spend около 12,3 тыс. $.",
]
FALSE = [
    "Google Ads has the highest Spend, $12,845.67.",
    "Google Ads has the highest Spend, $13K.",
    "Google Ads has the highest Spend, €12,345.67.",
    "Meta has the highest Spend, $12,345.67.",
    "Meta has the highest spend.",
    "LinkedIn has the best ROAS.",
    "Spend on Google Ads fell 23.5%.",
    "Spend on Google Ads rose 25%.",
    "Spend on Google Ads rose to $12,345.67, up 0.23%.",
    "Spend on Google Ads doubled.",
    "Meta has the largest rise in spend, up $1,000.",
    "Snapchat has a spend of $12,345.67.",
    "Google Ads and Snapchat lead in spend.",
    'The platform "Bing" has the lowest ROAS.',
    "Google Ads has a ROAS of $12,345.67.",
    "Google Ads has a ROAS of 1.80 and Meta of 3.50.",
    "Meta spent $18,496.17.",
    "Total spend is $20,000.",
    "Spend is expected to reach $25,000 next month.",
    "Three of 7 platforms lost money.",
    "Google Ads spend peaked on Nov 5, 2023.",
    "LinkedIn ranks second in spend.",
    "Half of the spend goes to Meta.",
    "У Google Ads расход 12 845,67 $.",
    "Google Ads: spend упал на 23,5 %.",
    "Google Ads grew spend x9.",
]


@pytest.mark.parametrize("text", TRUE)
def test_passes_what_the_facts_say(grounds, text):
    assert grounds.check(text).problems == ()


@pytest.mark.parametrize("text", FALSE)
def test_doubts_what_they_do_not(grounds, text):
    assert not grounds.check(text).verified


def test_links_each_number_to_its_fact(grounds):
    verdict = grounds.check("Google Ads has the highest Spend, $12,345.67.")
    facts = [fact for fact in grounds.facts if fact.id in verdict.facts]
    assert facts and all(fact.subject == "Google Ads" for fact in facts)
    assert 12345.67 in [fact.value for fact in facts]
