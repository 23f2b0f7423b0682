from services.outcomes.domain.progress import RESULTS, Lot, Progress


def test_a_copy_is_equal_and_changes_on_its_own() -> None:
    progress = Progress(last_seq=3, boundary=10, unresolved={0: 2}, forgotten=[Lot(0, 1, 2, [0, 3])])
    progress.stale_scores.add(0)
    progress.watermark.update_tick(12)
    copy = progress.copy()
    assert copy == progress
    copy.unresolved[0] -= 1
    copy.stale_scores.clear()
    copy.forgotten[0].runs.clear()
    copy.counts["late"] += 1
    copy.watermark.update_tick(13)
    assert (progress.unresolved, progress.stale_scores, progress.counts["late"]) == ({0: 2}, {0}, 0)
    assert progress.watermark.value == 12
    assert progress.forgotten == [Lot(0, 1, 2, [0, 3])]


def test_what_was_counted_since_is_told_of_what_occurred() -> None:
    before = Progress()
    before.counts["late"] += 2
    now = before.copy()
    now.counts["late"] += 1
    now.counts["orphan"] += 3
    assert now.counted_since(before) == {"late": 1, "orphan": 3}


def test_every_result_has_a_counter_from_the_start() -> None:
    assert Progress().counts == dict.fromkeys(RESULTS, 0)
