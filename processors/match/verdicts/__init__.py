"""Verdicts: retraction, contradiction, update and repeat, against what other articles said."""

from processors.match.verdicts.decision import Decision, Earlier, decide

__all__ = ["Decision", "Earlier", "decide"]
