"""A run is named by its environment where it has one."""

import pytest

from wannsearch.core.tasks.task_name import name_task


def test_an_environments_id_names_the_task_and_any_other_task_is_its_option():
    assert name_task({"env_id": "BipedalWalker-v3", "episodes": 4}, "gymnasium") == "BipedalWalker-v3"
    assert name_task({"episodes": 4}, "cartpole") == "cartpole"


@pytest.mark.parametrize("settings", [None, [], {"env_id": None}, {"env_id": ""}, {"env_id": 3}])
def test_settings_of_a_stranger_without_a_usable_id_leave_the_option(settings):
    assert name_task(settings, "gymnasium") == "gymnasium"
