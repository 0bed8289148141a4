"""Alert rules: a TOML file to rules, a sighting or an article to alerts. Pure."""

from processors.rules.fire import article_alerts, claim_alerts
from processors.rules.rule import Rule, load_rules, rules_of

__all__ = ["Rule", "article_alerts", "claim_alerts", "load_rules", "rules_of"]
