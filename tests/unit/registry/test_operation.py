from services.registry.domain.operation import Operation, leading_to, pseudo_code

GRAPH = (
    Operation("Scaler", ("amount",), ("scaled",)),
    Operation("Reshape", ("scaled", "shape"), ("flat",), frozenset({"shape"})),
    Operation("TreeEnsembleClassifier", ("flat",), ("label", "probability"), size="3 trees, 9 nodes"),
    Operation("Cast", ("label",), ("text",)),
)


def test_what_does_not_lead_to_the_output_is_left_out() -> None:
    assert leading_to("probability", GRAPH) == list(GRAPH[:3])


def test_each_operation_is_a_line_that_names_what_is_read_of_it() -> None:
    assert list(pseudo_code(GRAPH, "probability")) == [
        "scaled = Scaler(amount)",
        "flat = Reshape(scaled, constant)",
        "probability = TreeEnsembleClassifier(flat)  # 3 trees, 9 nodes",
    ]
