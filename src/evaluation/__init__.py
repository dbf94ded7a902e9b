"""How good the answers are: question sets with gold SQL, run through any engine and scored."""

from src.evaluation.run import evaluate
from src.evaluation.score import EvaluationReport

__all__ = ["EvaluationReport", "evaluate"]
