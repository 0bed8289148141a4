"""Network to articles.raw: feeds and pages, politely, without judgement."""
