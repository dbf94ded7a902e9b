"""The offline engine: from a question to ranked query plans, by rules and the data's own words.

``engine.interpret`` is the way in. A question is cut into tokens (text.py), every stretch of them
gets all the readings it can have (annotate.py) from the grammar words of the languages
(lexicon/*.toml), the names in the semantic model (vocabulary.py), the values in the data
(values.py), time phrases (periods.py) and numbers; the clause parser (parser.py) uses each stretch
once; what nothing used is a reason to refuse. No SQL here, and no model.
"""
