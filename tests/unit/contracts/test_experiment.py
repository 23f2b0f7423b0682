from services.contracts.experiment import folder, key, named


def test_an_experiment_is_named_by_what_it_depends_on() -> None:
    name = named("c", "d", "v3", 7)
    assert len(name) == 12
    assert name == named("c", "d", "v3", 7)
    assert len({name, named("x", "d", "v3", 7), named("c", "x", "v3", 7), named("c", "d", None, 7)}) == 4
    assert named("c", "d", "v3", 8) != name


def test_it_lies_in_the_folder_of_its_pipeline() -> None:
    assert key("shop", "abc") == f"{folder('shop')}/abc.json"
