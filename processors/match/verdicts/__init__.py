"""Verdicts: new, retraction, contradiction, update or repeat, by comparison with earlier claims."""

from processors.match.verdicts.decision import Decision, Earlier, decide

__all__ = ["Decision", "Earlier", "decide"]
