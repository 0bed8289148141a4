"""The event of a clause: kind, participants, numbers, dates."""
