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
        # within the marks that the answer was asked for
        "<p>I'm sorry, but I can't help with that.</p>",
        "**I'm sorry**, but I can't help with that.",
        '{"text": "I\'m sorry, I can\'t help with that."}',
        "Title: I'm sorry, I can't help with that.",
        "<ul><li>Я не могу написать этот текст.</li></ul>",
        # after other words, and in other ones
        "Hello! I can't help with that.",
        "I can write about swimwear in general, but I can't describe this particular item.",
        "I don't feel comfortable writing copy about this product.",
        "My guidelines prevent me from writing about intimate products.",
        "Unfortunately, this item falls outside what I can write about.",
        "That's not something I can write.",
        "I'd rather not write this one. Could I help with another product?",
        "It would not be appropriate for me to write this description.",
        "Content policy: request declined.",
        "Как языковая модель, я не создаю контент интимного характера.",
        "Извините, но этот товар относится к категории, для которой я не составляю тексты.",
        "Мне не разрешено создавать описания таких товаров.",
        "Боюсь, что не смогу помочь с таким текстом.",
        "Прошу прощения, однако я вынуждена отклонить ваш запрос.",
        "Увы, помочь с этим описанием я не смогу.",
        "По этическим соображениям я не могу написать это описание.",
        "Что-то в вашем вопросе меня смущает. Может, поговорим на другую тему?",
        "Sorry, this one is beyond what I can help with.",
        "My apologies, but that is against my guidelines.",
        "К сожалению, данная тема нарушает правила.",
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
        "We cannot help but love this colour: deep teal that goes with oak and brass.",
        "We will not write a novel: this is a plain notebook of 96 sheets.",
        "Thanks to its steel frame the shelf cannot bend; it supports up to 40 kg.",
        "Sorry, no batteries needed: the torch is charged by hand in a minute.",
        "Отказываюсь от пластика: так решили те, кто носит эту сумку в магазин.",
        "Данный материал не нарушает правил перевозки и весит всего 300 г.",
        "Этот товар запрещён для детей младше трёх лет по правилам безопасности.",
        "Не могу нарадоваться: так говорят о пледе, который не скатывается.",
        "Как ИИ-колонка управляет домом: свет и музыка слушаются голоса.",
        "Мы не можем обещать вечное лето, но крем сохранит загар надолго.",
        "",
    ],
)
def test_answers(text):
    assert not is_refusal(text)
