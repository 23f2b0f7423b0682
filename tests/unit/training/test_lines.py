from pathlib import Path

from services.training.adapters.lines import Tail, append


def test_each_value_is_read_once_and_whole(tmp_path: Path) -> None:
    place = tmp_path / "lines"
    tail = Tail(place)
    assert tail.new() == []
    append(place, [{"clock": 1}, {"clock": 2, "name": "a\nb"}])
    assert tail.new() == [{"clock": 1}, {"clock": 2, "name": "a\nb"}]
    append(place, [])
    assert tail.new() == []
    with place.open("ab") as lines:
        lines.write(b'{"clock": 3}\n{"clo')
        lines.flush()
        assert tail.new() == [{"clock": 3}]
        lines.write(b'ck": 4}\n')
    assert tail.new() == [{"clock": 4}]
    assert len(Tail(place).new()) == 4
