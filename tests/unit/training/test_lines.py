from pathlib import Path

from services.training.adapters.lines import Follower, append


def test_each_value_is_read_once_and_whole(tmp_path: Path) -> None:
    place = tmp_path / "lines"
    follower = Follower(place)
    assert follower.new() == []
    append(place, [{"clock": 1}, {"clock": 2, "name": "a\nb"}])
    assert follower.new() == [{"clock": 1}, {"clock": 2, "name": "a\nb"}]
    append(place, [])
    assert follower.new() == []
    with place.open("ab") as lines:
        lines.write(b'{"clock": 3}\n{"clo')
        lines.flush()
        assert follower.new() == [{"clock": 3}]
        lines.write(b'ck": 4}\n')
    assert follower.new() == [{"clock": 4}]
    assert len(Follower(place).new()) == 4
