"""The Faust app of a stage, as far as it is set up without a broker."""

import pytest

from claimwire.config.settings import Settings
from processors.flow import stages
from processors.rules import load_rules
from processors.runners.distributed import build_app


@pytest.mark.parametrize(("name", "expected"), [("", None), ("pod-0", "pod-0")])
def test_a_worker_has_the_name_that_its_setting_gives_it(name, expected):
    settings = Settings(broker="kafka://127.0.0.1:1", broker_instance=name)
    stage = next(s for s in stages(settings, load_rules("seeds/rules.toml")) if s.name == "alert")
    app, worker = build_app(settings, stage)
    assert app.conf.consumer_group_instance_id == expected
    worker.close()
