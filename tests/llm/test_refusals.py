"""A refusal in prose is told from an answer, in English and in Russian."""

from __future__ import annotations

import pytest

from src.llm.refusals import is_refusal


@pytest.mark.parametrize(
    "text",
    [
        "I'm sorry, but I can't help with that.",
        "I’m sorry, I cannot assist with this request.",
        "Sorry, I can't do that.",
        "I cannot provide that information.",
        "I can't comply with this.",
        "I am unable to help with that request.",
        "I'm not able to assist with that.",
        "As an AI language model, I cannot create this content.",
        "Unfortunately, I am not able to help you with this.",
        "I must decline.",
        "I won't be able to help with that.",
        "I apologize, but I cannot fulfill this request.",
        "We are unable to process this request.",
        "Thank you for your question, but I can't discuss that.",
        "К сожалению, я не могу помочь с этим запросом.",
        "Извините, но я не могу ответить на этот вопрос.",
        "Я не могу выполнить эту просьбу.",
        "Простите, не могу помочь.",
        "Как ИИ, я не могу предоставить эту информацию.",
        "Вынужден отказать в этой просьбе.",
        "This request violates our usage policies.",
        "The product you describe goes against the content guidelines.",
        "Your request has been declined.",
        "This request cannot be processed.",
        "Данный контент нарушает политику использования.",
        "Этот запрос противоречит правилам сервиса.",
        "К сожалению, данный запрос не может быть выполнен.",
        "Извините, я не могу составить такое описание.",
    ],
)
def test_refusals(text):
    assert is_refusal(text)


@pytest.mark.parametrize(
    "text",
    [
        "SELECT 1",
        "Campaign A leads with a ROAS of 4.2; Campaign B cannot keep up.",
        "Unfortunately, spend rose while conversions fell by 12%.",
        "Sorry campaigns: three of them have a ROAS below 1.",
        "I can help: the best campaign is Brand.",
        "К сожалению, расходы выросли на 12%, а конверсии упали.",
        "Я могу помочь: лучшая кампания называется «Бренд».",
        "Кампания не может помочь выйти в плюс при CPA 50.",
        "We cannot say which variant wins: 40 conversions are too few.",
        "This content outperforms the rest: its CTR breaches 5%.",
        "The product goes against the trend: sales rose by 12%.",
        "Этот товар не нарушает тепловой баланс кожи и подходит для лета.",
        "Данный текст написан для карточки товара.",
        "",
    ],
)
def test_answers(text):
    assert not is_refusal(text)
