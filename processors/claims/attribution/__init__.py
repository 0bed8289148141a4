"""The claimant of a clause: reporting clauses, quotations, headlines, in the text's own words."""
