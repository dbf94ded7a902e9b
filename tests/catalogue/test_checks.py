"""What is wrong with a text, told by code; and what is fine."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shop import ENGLISH, RUSSIAN

from src.catalogue.checks import check_text, claim_in, tidy
from src.catalogue.checks_duplicates import DuplicateIndex
from src.catalogue.checks_html import ALLOWED, visible
from src.catalogue.checks_language import language_of
from src.catalogue.values import CopyRules


def codes(text: str, title: str = "", **rules) -> list[str]:
    return [problem.code for problem in check_text(text, CopyRules(**rules), title)]


# --- Empty texts, blanks, talk ---


@pytest.mark.parametrize("text", ["", " \n", "<p></p>", "…", "<p> <br> </p>", "- - -", "&nbsp;"])
def test_a_text_without_a_word_is_empty(text):
    assert codes(text, html=True) == ["empty"]


@pytest.mark.parametrize(
    "text",
    [
        "Чашка [название] хранит тепло.",
        "Чашка [Название товара] хранит тепло.",
        "Buy [insert brand here] today.",
        "Чашка {title} хранит тепло.",
        "Чашка {{ product.name }} хранит тепло.",
        "Чашка <<бренд>> хранит тепло.",
        "Чашка %название% хранит тепло.",
        "Чашка ____ хранит тепло.",
        "Lorem ipsum dolor sit amet.",
        "Чашка хранит тепло. TODO: цена",
        "Here is the description: A light cup.",
        "Here's a description for your cup:\n\nA light cup.",
        "Sure! Here is the product text:\nA light cup.",
        "Certainly! A light cup.",
        "Here you go:\nA light cup.",
        "Вот описание товара:\n\nЧашка хранит тепло.",
        "Вот вариант текста для карточки: Чашка хранит тепло.",
        "Конечно! Вот SEO-заголовок:\nЧашка",
        "Хорошо, ниже представлен текст:\nЧашка",
        "Чашка хранит тепло. Надеюсь, это поможет!",
        "A light cup. Let me know if you need changes.",
        "As an AI language model, I think it is a light cup.",
        "Описание: я не могу подробно описать этот товар.",
        "Этот контент нарушает политику площадки.",
        "Sadly, this goes against our content policy.",
        "```html\n<p>Чашка</p>\n```\nГотово.",
        "Чашка ```",
    ],
)
def test_blanks_and_words_about_the_text_are_told(text):
    assert codes(text, html=True) == ["placeholder"]


@pytest.mark.parametrize(
    "text",
    [
        "Конечно, каждая хозяйка мечтает о такой чашке.",
        "Вот почему утро начинается с этой чашки: она хранит тепло.",
        "Here's what's inside: a cup, a saucer and a spoon.",
        "Чашка [2 шт.] хранит тепло на 100%, а 50% покупателей берут вторую.",
        '{"title": "Чашка", "meta": "Хранит тепло"}',
        '["Хранит тепло", "Не скользит"]',
        "Футболка размера XXXL для тех, кто ведёт todo-списки.",
        "Как ИИ-колонка управляет домом: свет и музыка слушаются голоса.",
    ],
)
def test_honest_copy_is_no_talk(text):
    assert codes(text) == []


def test_a_bracket_of_the_title_is_no_blank():
    assert codes("Чашка [Limited] хранит тепло.", title="Чашка [Limited]") == []


def test_a_text_that_turns_in_circles_is_told():
    assert codes("Чашка надолго сохраняет тепло. " * 3) == ["repeats"]


@pytest.mark.parametrize(
    ("text", "tidied"),
    [
        ("```html\n<p>Чашка</p>\n```", "<p>Чашка</p>"),
        ("```\nЧашка\n```", "Чашка"),
        ('```json\n{"a": 1}\n```\n', '{"a": 1}'),
        ("  Чашка\n", "Чашка"),
        ("```\na\n```\n```\nb\n```", "```\na\n```\n```\nb\n```"),
    ],
)
def test_only_the_fence_around_all_of_a_text_is_removed(text, tidied):
    assert tidy(text) == tidied


# --- Language ---


@pytest.mark.parametrize(
    "text",
    [
        RUSSIAN,
        "Чайник Philips HD4646 Series 3000 с технологией SpeedBoil: быстро и тихо.",
        "Футболка Oversize Basic от Nike",
        "<p>Крем с SPF 50 и UVA-защитой от La Roche-Posay.</p>",
        '{"title": "Чашка", "description": "Хранит тепло"}',
        "Чайник «Київ» быстро кипятит воду, его ручка не греется, а фильтр защищает от накипи.",
    ],
)
def test_russian_with_foreign_names_is_russian(text):
    assert codes(text, language="ru", html=True) == []


@pytest.mark.parametrize(
    "text",
    [
        ENGLISH,
        "Great Cup For Your Home And Office Made Of Real China",
        f"Чашка. {ENGLISH}",
        "Eta chashka khranit teplo i ochen udobna v ruke",
        "Ця чашка зберігає тепло і дуже зручна у вашій руці.",
        "Този чайник бързо загрява водата и има дръжка, която не се плъзга в ръката.",
        "Ова шоља чува топлоту и њена ручка је јако угодна.",
        "这个杯子可以保温",
        "Чашка хранит тепло 保温 долго.",
    ],
)
def test_other_languages_are_not_russian(text):
    assert codes(text, language="ru") == ["language"]


@pytest.mark.parametrize(
    "text",
    [
        ENGLISH,
        "Café-style cup, 350 ml",
        "Waterproof, battery-powered, lightweight",
        "Size S, M, L; V neck; I and S hooks, cotton 180 g, machine wash",
        "Eau de Toilette by Maison de Fleurs, 50 ml spray, vanilla and amber",
        "A matryoshka («Матрёшка») that your kids will love to open and close again and again.",
    ],
)
def test_english_is_english(text):
    assert codes(text, language="en") == []


@pytest.mark.parametrize(
    "text",
    [
        RUSSIAN,
        "Diese Tasse hält den Tee warm und liegt mit ihrem Griff gut in der Hand.",
        "Cette tasse garde le thé au chaud et elle est agréable dans la main pour les amis.",
        "Esta taza mantiene el té caliente y es una delicia para los amigos que visitan su casa.",
        "このカップは温かさを保ちます",
        "De waterkoker is snel klaar en heeft een handvat dat niet heet wordt.",
        "Czajnik szybko gotuje wodę i ma wygodny uchwyt, który nie nagrzewa się podczas pracy.",
        "Bu su ısıtıcı suyu hızlı kaynatır ve sapı elinizi yakmaz, her mutfağa yakışır.",
        "Etot chaynik bystro nagrevaet vodu i ne ostyvaet, kotoraya dlya doma i kak podarok.",
    ],
)
def test_other_languages_are_not_english(text):
    assert codes(text, language="en") == ["language"]


def test_the_titles_own_words_do_not_count():
    title = "Book The Great Gatsby by Francis Scott Fitzgerald"
    assert codes(f"{title} — роман о любви.", title=title, language="ru") == []


@pytest.mark.parametrize(
    ("title", "language"),
    [
        ("Чашка", "ru"), ("Чайник Philips HD4646 Series 3000 SpeedBoil Deluxe", "ru"),
        ("Kettle", "en"), ("350", None), ("", None),
    ],
)  # fmt: skip
def test_the_language_of_a_title(title, language):
    assert language_of(title) == language


# --- Length ---


def test_length_counts_what_a_reader_sees():
    assert visible("<ul><li>Лёгкая</li><li>Белая &amp; <b>тонкая</b></li></ul>") == (
        "Лёгкая\nБелая & тонкая"
    )
    assert codes("<p>Чашка</p>", html=True, min_chars=5, max_chars=5) == []
    assert codes("<p>Чашка</p>", html=True, min_chars=6) == ["length"]
    assert codes("<p>Чашка</p>", html=True, max_chars=4) == ["length"]


# --- Claims ---


@pytest.mark.parametrize(
    ("claim", "text"),
    [
        ("лечит", "Мази, которые лечат суставы."),
        ("лечит", "Способен лечить."),
        ("самый лучший", "Чашка самого лучшего качества."),
        ("лечебный эффект", "Обладает ЛЕЧЕБНЫМ эффектом"),
        ("гаранти*", "Мы гарантируем результат."),
        ("100% результат", "Даст 100 % результата."),
        ("№1", "Бренд № 1 в мире."),
        ("clinically proven", "It is clinically-proven."),
        ("cure", "It cures acne."),
        ("#1", "The #1 brand."),
    ],
)
def test_a_claim_is_found_in_any_form(claim, text):
    assert claim_in(text, ("другое", claim)) == claim
    assert codes(f"<p>{text}</p>", html=True, forbidden=(claim,)) == ["claim"]


@pytest.mark.parametrize(
    ("claim", "text"),
    [
        ("лечит", "Увлечение чаем."),
        ("самый лучший", "Самый удобный и лучший."),
        ("№1", "Чашка №10, 1 шт."),
        ("cure", "Secure lid."),
        ("100% результат", "100 результатов"),
    ],
)
def test_other_words_are_no_claim(claim, text):
    assert claim_in(text, (claim,)) == ""


# --- HTML ---


@pytest.mark.parametrize(
    "text",
    [
        "Чашка",
        "<p>Чашка<br>белая<br/></p>",
        "<h2>Чашка</h2><p>Хранит <strong>тепло</strong> &amp; уют, 5 < 6.</p>",
        "<ul><li>Раз</li><li>Два<ul><li>Три</li></ul></li></ul>",
        "<table><tr><th>Цвет</th><td>Белый</td></tr></table>",
        "<UL><LI>Раз</LI></UL>",
    ],
)
def test_sound_html_is_fine(text):
    assert codes(text, html=True) == []


@pytest.mark.parametrize(
    "text",
    [
        "<p>Чашка",
        "Чашка</p>",
        "<p><b>Чашка</p></b>",
        "<p>Чашка</p",
        "<p>Чашка <b",
        "<div>Чашка</div>",
        "<script>alert(1)</script>Чашка",
        "<p onclick='x()'>Чашка</p>",
        "<p style='color:red'>Чашка</p>",
        "<a href='http://x.example'>Чашка</a>",
        "<img src=x onerror=alert(1)>Чашка",
        "<p>Чашка<!-- note --></p>",
        "<!DOCTYPE html><p>Чашка</p>",
        "<?xml version='1.0'?><p>Чашка</p>",
        "<li>Чашка</li>",
        "<ul>Чашка<li>белая</li></ul>",
        "<p>Чашка<p>белая</p></p>",
        "<p><ul><li>Чашка</li></ul></p>",
        "<svg/onload=alert(1)>Чашка",
        "<p/>Чашка",
    ],
)
def test_broken_or_unsafe_html_is_told(text):
    assert codes(text, html=True) == ["html"]


def test_plain_text_holds_no_tags():
    assert codes("Чашка <b>белая</b>") == ["html"]
    assert codes("Чашка, 5 < 6 и 7 > 6, <3") == []


@settings(deadline=None)
@given(st.recursive(st.sampled_from(["Чашка", "a & b", "5 < 6"]), lambda inner: st.tuples(
    st.sampled_from(["b", "em", "strong", "i", "u", "sub", "sup"]), inner
)))  # fmt: skip
def test_any_nesting_of_inline_tags_is_fine_until_a_tag_is_lost(tree):
    def text(node) -> str:
        return node if isinstance(node, str) else f"<{node[0]}>{text(node[1])}</{node[0]}>"

    whole = text(tree)
    assert codes(whole, html=True) == []
    if whole.startswith("<"):
        assert codes(whole[: whole.rindex("<")], html=True) == ["html"]


@settings(deadline=None)
@given(st.text(alphabet="<>/pbaliu! &;-=\"'x", max_size=60))
def test_what_passes_holds_only_allowed_tags_without_attributes(text):
    import re

    if "html" in codes(f"Чашка {text}", html=True):
        return
    for tag in re.findall(r"<([^<>]*)>", text):
        if re.match(r"/?[a-z!?]", tag):
            assert tag.strip("/ ") in ALLOWED


# --- Duplicates ---

LONG = (
    "Лёгкая фарфоровая чашка с тонкими стенками хранит тепло напитка дольше обычной, не обжигает "
    "пальцы и украшает стол. Ручка удобна для большой ладони, а дно не скользит по блюдцу. Чашку "
    "можно мыть в машине и греть в печи; рисунок под глазурью не сотрётся годами."
)


def test_a_near_copy_of_another_products_text_is_found():
    index = DuplicateIndex()
    assert index.add(LONG, product="a", type="d") == ""
    assert index.add(LONG.upper().replace(",", ""), product="b", type="d") == "a"
    assert index.add(LONG.replace("годами", "никогда"), product="c", type="d") == "a"
    short = "Лёгкая чашка надолго хранит тепло и приятна в руке."
    assert index.add(short, product="a", type="d") == ""
    assert index.add(f"<p>{short}</p>", product="b", type="d") == ""
    assert index.add(short.lower(), product="b", type="d") == "a"
    for product in "ab":
        assert index.add("Хранит тепло и радует глаз", product=product, type="d") == ""


def test_the_same_product_another_type_and_another_text_are_no_copies():
    index = DuplicateIndex()
    index.add(LONG, product="a", type="d")
    assert index.add(LONG, product="a", type="d") == ""
    assert index.add(LONG, product="b", type="seo") == ""
    half = LONG[: len(LONG) // 2] + "Подойдёт и для кофе, и для супа, и для каши малышу на завтрак."
    assert index.add(half, product="c", type="d") == ""


def test_texts_of_one_pattern_about_different_products_are_no_copies():
    index = DuplicateIndex()
    for number, (thing, colour) in enumerate(
        (thing, colour)
        for thing in ("Чашка", "Миска", "Кружка", "Тарелка", "Ложка")
        for colour in ("белая", "синяя", "красная", "зелёная", "чёрная")
    ):
        text = f"{thing} {colour} для дома и дачи: купите с доставкой по России"
        assert index.add(text, product=str(number), type="ad") == ""


def test_memory_is_bounded_and_the_oldest_are_forgotten():
    index = DuplicateIndex(capacity=16)
    first = "Совсем особенный текст про чайник из нержавеющей стали с длинным носиком"
    index.add(first, product="first", type="d")
    for number in range(16):
        assert index.add(f"{number} " + " ".join(f"слово{number}х{at}" for at in range(30)),
                         product=str(number), type="d") == ""  # fmt: skip
    assert index.add(first, product="again", type="d") == ""
