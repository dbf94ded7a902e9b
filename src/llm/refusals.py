"""Tells a refusal worded as prose from an answer, in English and Russian.

Only the opening counts: an answer may well say later what the data cannot show. It is read without
the marks that may stand around it (HTML, Markdown, quotation marks): whoever is asked for
paragraphs in tags refuses in paragraphs in tags.
"""

from __future__ import annotations

import re

_OPENING = 400  # characters; a refusal comes to the point
_MARKS = re.compile(r"<[^<>]{0,80}>|[*_#`]+")
_BEFORE = re.compile(
    r"^(?:\{\s*\"\w{1,20}\"\s*:|[\W\d_]+|(?:title|description|answer|заголовок|описание|ответ)\s*:)+"
)

# What is said first: thanks, regret, who one is. A refusal follows it, perhaps after a "but".
_POLITE = (
    r"(?:(?:(?:i'?m|i am|we'?re|we are)\b[^.!?\n]{0,20}?\b(?:sorry|afraid)|sorry|i apologi[sz]e|"
    r"(?:my )?apologies|unfortunately|regrettably|thanks?\b|thank you|hello|hi|no|"
    r"i (?:am|can|could|would|understand|appreciate|see|know|try)|i'[dm]|while i|although i|"
    r"as an? (?:\w+ ){0,3}?(?:ai|model|assistant))\b"
    r"[^.!?\n]{0,90}?[,.:;!—–-]?\s*(?:(?:but|however|though|so|and)\b,?\s*)?)"
)
_WRITE = (
    r"(?:help(?!\s+(?:but|\w+ing)\b)|assist|comply|fulfil|creat|generat|writ|produc|describ)\w*"
)
_DO = (
    rf"(?:{_WRITE}|(?:provid|answer|discuss|engag|continu|draft)\w*|"
    r"(?:process|support|complete|do|with) (?:this|that|it|your|the request))\b"
)
_CANNOT = (
    r"(?:i|we(?! wo| will not (?!be able)))\s*(?:'m| am|'re| are)?\s*(?:really |simply |just )*"
    r"(?:can(?:no|')t|can not|won't|will not|(?:don't|do not) think i can|should not|shouldn't|"
    r"(?:don't|do not) feel (?:comfortable|able)|(?:'d| would) (?:rather|prefer) not|"
    r"(?:not able|unable|not allowed|not permitted|not comfortable|not willing|not going|"
    r"not in a position)\b)(?:\s+(?:to|be able to|be))*"
)
_ENGLISH = re.compile(
    # Nobody but an assistant says this of itself, whatever else it says first; results of an
    # analysis have figures.
    rf"[^.!?\n\d]{{0,100}}?\bi (?:can(?:no|')t|am unable to|won't) (?:\w+ )?{_WRITE}\b|"
    rf"{_POLITE}{{0,2}}(?:"
    rf"{_CANNOT}\s+(?!(?:say|tell|know|see|determine|conclude)\b)(?:[\w']+\s+){{0,3}}?{_DO}|"
    rf"{_CANNOT}\s+(?:that|this)\b|"
    r"i (?:don't|do not) (?:write|create|generate|produce|engage|describe|assist|discuss)\b|"
    r"(?:i|we) (?:must|have to|need to|will have to|respectfully) "
    r"(?:respectfully )?(?:decline|pass on)|"
    r"(?:this|that|the|your) (?:request|prompt|content|topic|product|query)\b[^.!?\n]{0,60}?"
    r"(?:(?:violat|contraven|breach)\w+|goes against|is against|conflicts with|falls outside)"
    r"[^.!?\n]{0,60}?\b(?:polic|guideline|rule|terms|standard)\w*|"
    r"(?:this|that|the|your) (?:request|prompt|query) "
    r"(?:(?:was|is|has been) (?:not (?:permitted|allowed)|blocked|declined|rejected|refused)|"
    r"(?:can(?:no|')t|could not) be (?:fulfilled|processed|completed))|"
    r"(?:(?:content|usage|safety) policy\W+)?(?:request|prompt) "
    r"(?:declined|denied|refused|rejected)|"
    r"(?:this|that|the|your|it|writing|creating|describing)\b[^.!?\n]{0,50}?(?:"
    r"(?:'s|\bis|n't)(?: not)? something (?:that )?i(?: can't| cannot| can|(?: am|'m) able to)"
    rf"(?: {_DO}|[.,!]|$)|\b(?:outside|beyond) (?:of )?what i (?:can|am|'m|may)\b)|"
    r"(?:my|our|the|openai'?s?|anthropic'?s?)\b[^.!?\n]{0,30}?\b"
    r"(?:guidelines?|polic(?:y|ies)|rules|principles|instructions) "
    r"(?:prevent|prohibit|forbid|(?:do not|don't|does not|doesn't) (?:allow|permit|let))s? "
    r"(?:me|us)\b|"
    r"(?:this|that|it)(?:'s| is| goes) against my\b|"
    r"(?:it|that) (?:would not|wouldn't) be (?:appropriate|right|responsible) for me to\b|"
    r"(?:writing|creating|generating|producing|describing|doing)\b[^.!?\n]{0,60}?"
    r"(?:go(?:es)? against|violat\w+|conflicts? with) (?:my|our)\b)"
)

_SORRY = (
    r"(?:(?:к сожалению|извините|извиняюсь|простите|прошу прощения|приношу (?:свои )?извинения|"
    r"мне (?:очень )?жаль|увы|боюсь|здравствуйте|добрый день|привет|спасибо|благодарю|понимаю|"
    r"(?:в соответствии|согласно|из-за)\b|сожалею|нет|давайте|по \w+ (?:соображениям|причинам)|"
    r"я (?:понимаю|стараюсь|могу|рада?|готова?|хочу|бы|бессил\w+)|тут я|здесь я|"
    r"(?:как|я\s*[—–-])\s*(?:ии|(?:большая )?языковая модель|искусственный интеллект|"
    r"ассистент|нейросеть))\b(?!-)[^.!?\n]{0,90}?[,.:;!—–-]?\s*"
    r"(?:(?:но|однако|поэтому|и|что)\b,?\s*)?)"
)
_MAKE = (
    r"(?:помо(?:чь|гать)|(?:вы|ис)полн(?:ить|ять)|ответить|отвечать|(?:на)?писать|"
    r"состав(?:ить|лять)|созда(?:ть|вать)|(?:с)?генерировать|"
    r"описать(?! словами| восторг| как| насколько)|описывать|(?:под)?готовить|"
    r"предостав(?:ить|лять)|обсуждать|обсудить|продолж(?:ать|ить)|говорить на|разговаривать|"
    r"обработать|сформировать|рекламировать|этого|это|с этим|в этом|на это|вам|такое|такой|"
    r"данный)\b"
)
_NOT = (
    r"(?:я\s+|мне\s+|мы\s+)?(?:не\s+(?:могу|можем|смогу|сможем|сумею|стану|буду|вправе|готова?|"
    r"в состоянии|в силах|имею (?:права|возможности)|разрешено|позволено)|нельзя(?<=мне нельзя)|"
    r"запрещено(?<=мне запрещено))"
)
_RUSSIAN = re.compile(
    r"[^.!?\n\d]{0,100}?\bя,?(?: как [^,.!?\n]{0,40},)? не (?:могу|смогу|вправе|буду) "
    r"(?:\w+ ){0,2}?"
    r"(?:помо(?:чь|гать)|(?:на)?писать|созда(?:ть|вать)|состав(?:ить|лять)|(?:с)?генерировать)\b|"
    rf"{_SORRY}{{0,2}}(?:"
    rf"{_NOT}\s+(?:[\w-]+\s+){{0,3}}?{_MAKE}|"
    r"(?:\w+\s+){0,2}?(?:я\s+)?(?:написать|описать|создать|составить|выполнить|помочь|обсуждать)\b"
    r"[^.!?\n]{0,40}?\b(?:невозможно|не могу|не смогу)\b|"
    r"(?:создание|написание|составление|описание)\b[^.!?\n]{0,60}?"
    r"(?:за рамки моих|мне недоступн|противоречит моим|нарушает мои)|"
    r"я\s+(?:\w+\s+)?не\s+(?:создаю|пишу(?! отзыв)|составляю|генерирую|обсуждаю|описываю)\b|"
    r"(?:я\s+)?(?:вынужден[аы]?|долж(?:ен|на)|приходится|прид[её]тся)\s+(?:\w+\s+){0,2}?"
    r"(?:отказ|отклон)\w+|(?:я\s+)?(?:бы\s+)?предпоч[её]\w+(?:\s+бы)?\s+(?:не\s+\w+ть|воздерж)|"
    r"(?:я\s+)?воздержусь от\b|"
    r"(?:я\s+)?отказываюсь\s+(?:(?:на)?писать|созда\w+|состав\w+|выполн\w+|отвечать|помогать|"
    r"обсуждать|описывать|от\s+(?:написания|выполнения|создания|составления|ответа))|"
    r"(?:этот|эта|данн(?:ый|ая)|ваш|указанный|такой)\s+"
    r"(?:запрос|контент|текст|товар|материал|тема)\b[^.!?\n]{0,60}?"
    r"(?:(?:(?<!не )(?:нарушает|противоречит)|не соответствует)[^.!?\n]{0,60}?"
    r"(?:политик|правил|услови|стандарт|норм)\w*|запрещ[её]н\w?\s+(?:\w+\s+)?(?:политик|правилами))|"
    r"(?:этот|данный|ваш)\s+запрос\s+(?:отклон[её]н|не может быть (?:выполнен|обработан))|"
    r"(?:этот|данный|такой)\s+(?:запрос|товар|текст)\b[^.!?\n]{0,80}?\bя\s+не\s+"
    r"(?:создаю|пишу|составляю|генерирую|обсуждаю|описываю|могу|вправе)\b|"
    r"(?:мои|наши)?\s*(?:правила|политика|инструкции|принципы|ограничения)(?:\s+\w+){0,2}?\s+"
    r"(?:не позволя\w+|запреща\w+|не разреша\w+)\s+мне\b|"
    r"что-то в вашем вопросе меня смущает|в интернете есть много сайтов с информацией|"
    r"[^.!?\n]{0,30}?языков\w+ модел\w+[^.!?\n]{0,20}? не облада)"
)


def is_refusal(text: str) -> bool:
    """Whether `text`, taken as a whole answer, declines to answer."""
    opening = _MARKS.sub("", text.strip()[: 2 * _OPENING]).replace("’", "'").lower()
    opening = _BEFORE.sub("", opening)[:_OPENING]
    return bool((_ENGLISH if opening[:1].isascii() else _RUSSIAN).match(opening))
