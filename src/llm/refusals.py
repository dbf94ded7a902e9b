"""Tells a refusal worded as prose from an answer, in English and Russian.

Only the opening counts: an answer may well say later what the data cannot show.
"""

from __future__ import annotations

import re

_OPENING = 400  # characters; a refusal comes to the point
_POLITE = (
    r"(?:(?:i'?m|i am|we'?re|we are) (?:very |really |so )?sorry|sorry|i apologi[sz]e|"
    r"my apologies|unfortunately|thank you for (?:asking|your (?:question|request|message)))"
    r"[^.!?\n]{0,60}?[,.:;!—–-]?\s*(?:but\s+)?"
)
_CANNOT = (
    r"(?:as an? (?:ai|language model|assistant)[^,.]{0,40},\s*)?"
    r"(?:i|we)\s*(?:'m| am|'re| are)?\s*(?:really |simply |just )?"
    r"(?:can(?:no|')t|can not|could(?:n't| not)|won't|will not|must decline|have to decline|"
    r"(?:not able|unable|not allowed|not permitted|not comfortable|not in a position)\b)"
)
_HELP = (
    r"[^.!?\n]{0,40}?\b(?:help|assist|comply|fulfil\w*|provide|answer|create|generate|write|produce|"
    r"discuss|engage|continue|support|do (?:that|this)|process (?:this|that|your)|"
    r"with (?:that|this))"
)
_ENGLISH = re.compile(
    rf"\s*(?:{_POLITE})?(?:{_CANNOT}(?:{_HELP}|\s+(?:with\s+)?(?:that|this)\b)|"
    r"(?:i|we) (?:must|have to|need to|will have to|respectfully) (?:respectfully )?decline|"
    r"(?:this|that|the|your) (?:request|prompt|content|topic|product|query)\b[^.!?\n]{0,60}?"
    r"(?:(?:violat|contraven|breach)\w+|goes against|is against|conflicts with|falls outside)"
    r"[^.!?\n]{0,60}?\b(?:polic|guideline|rule|terms|standard)\w*|"
    r"(?:this|that|the|your) (?:request|prompt|query) "
    r"(?:(?:was|is|has been) (?:not (?:permitted|allowed)|blocked|declined|rejected|refused)|"
    r"(?:can(?:no|')t|could not) be (?:fulfilled|processed|completed))|"
    r"that(?:'s| is) (?:not )?something i (?:can't|cannot|can))",
    re.IGNORECASE,
)
_RUSSIAN = re.compile(
    r"\s*(?:(?:к сожалению|извините|простите|прошу прощения|приношу извинения|мне жаль|увы)"
    r"[^.!?\n]{0,60}?[,.!—–-]?\s*(?:но\s+)?)?"
    r"(?:как (?:ии|языковая модель|искусственный интеллект)[^,.]{0,40},\s*)?"
    r"(?:я\s+)?(?:(?:не могу|не смогу|не в состоянии|не имею права|не вправе|не буду)\s+"
    r"(?:(?:вам|этого|это|с этим|в этом|на это|такое|такой|данный|выполнить|помочь|ответить|"
    r"предоставить|создать|создавать|написать|составить|подготовить|описать|сгенерировать|"
    r"обсуждать|продолжать)\b)|"
    r"вынужден[аы]? отказать|отказываюсь|"
    r"(?:этот|данный|ваш|указанный|такой)\s+(?:запрос|контент|текст|товар|материал)\b[^.!?\n]{0,60}?"
    r"(?:нарушает|противоречит|не соответствует|запрещ[её]н)[^.!?\n]{0,60}?"
    r"(?:политик|правил|услови|стандарт|норм)\w*|"
    r"(?:этот|данный|ваш)\s+запрос\s+(?:отклон[её]н|не может быть (?:выполнен|обработан)))",
    re.IGNORECASE,
)


def is_refusal(text: str) -> bool:
    """Whether `text`, taken as a whole answer, declines to answer."""
    opening = text.strip().replace("’", "'")[:_OPENING]
    return bool(_ENGLISH.match(opening) or _RUSSIAN.match(opening))
