"""`claimwire setup`: topics, index templates and aliases; run twice, it changes nothing."""

import argparse

from claimwire import topics
from claimwire.settings import Loaded
from console.cli.output import print_json
from console.runtime import open_settings_log
from sinks.stores import open_store


def add_arguments(parser: argparse.ArgumentParser) -> None:
    del parser


def run(arguments: argparse.Namespace, loaded: Loaded) -> int:
    settings = loaded.settings
    log = open_settings_log(settings)
    created = [f"topic {name}" for name in log.ensure_topics(topics.TOPICS)]
    store = open_store(settings.store, settings.namespace)
    created += store.setup()
    if arguments.json:
        print_json({"created": created})
    else:
        for line in created or ["nothing to create"]:
            print(line)
    store.close()
    log.close()
    return 0
