"""Names and what stands for them: people, organs, countries, places, over the document."""
