"""Which cycles a label speaks of, and what becomes of several opinions."""

import numpy as np
import pandas as pd

from softbreak.data.expert_labels import (
    COLUMNS,
    absolute,
    by_reviewer,
    digest_of,
    in_life_time,
    iso,
    moment,
    no_labels,
    on_cycles,
)


def cycles(count=10, cell="c", first=0, shift=0.0):
    index = np.arange(count)
    return pd.DataFrame(
        {
            "cell_id": cell,
            "cycle_index": index + first,
            "start_time_second": index * 100.0 + shift,
            "end_time_second": index * 100.0 + 100.0 + shift,
        }
    )


def label(state, first=np.nan, last=np.nan, *, times=(np.nan, np.nan), who="ann", **more):
    row = dict.fromkeys(COLUMNS, "")
    row |= {"cell_id": "c", "first_cycle": first, "last_cycle": last, "state": state}
    row |= {"start_time_second": times[0], "end_time_second": times[1], "confidence": 1.0}
    return row | {"reviewer": who, "source": "trace"} | more


def table(*rows):
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype(no_labels().dtypes.to_dict())


def states(found):
    return [None if pd.isna(one) else one for one in found["state"]]


def test_a_label_by_number_ends_where_it_says():
    found = states(on_cycles(table(label("soft", 2, 4)), cycles(6)))
    assert found == [None, None, "soft", "soft", "soft", None]


def test_times_win_over_numbers_so_that_a_file_that_grew_in_front_keeps_its_labels():
    # three cycles more are cut out of the same samples before those that were labelled
    known = table(label("hard", 2, 4, times=(200.0, 500.0)))
    renumbered = cycles(6, first=3)
    found = on_cycles(known, renumbered)
    assert renumbered["cycle_index"][found["state"].notna()].tolist() == [5, 6, 7]


def test_half_of_a_cycle_must_lie_in_the_range():
    known = table(label("soft", times=(149.0, 351.0)))
    assert states(on_cycles(known, cycles(5))) == [None, "soft", "soft", "soft", None]
    known = table(label("soft", times=(151.0, 349.0)))
    assert states(on_cycles(known, cycles(5))) == [None, None, "soft", None, None]


def test_of_one_reviewer_the_later_row_counts_whatever_the_order_of_rows():
    late = label("healthy", 0, 9, reviewed_at="2026-01-02T00:00:00")
    early = label("soft", 0, 9, reviewed_at="2026-01-01T00:00:00")
    assert set(states(on_cycles(table(late, early), cycles()))) == {"healthy"}


def test_what_is_withdrawn_was_never_said():
    known = table(label("soft", 0, 9), label("withdrawn", 5, 9))
    assert len(by_reviewer(known, cycles())) == 5


def test_confidence_decides_between_two_and_equals_leave_it_open():
    one, two = label("soft", 0, 1), label("healthy", 0, 1, who="bob", confidence=0.4)
    found = on_cycles(table(one, two), cycles(2))
    assert found["state"].tolist() == ["soft", "soft"]
    assert np.allclose(found["confidence"], 0.3)  # (1.0 - 0.4) / 2 reviewers
    found = on_cycles(table(one, two | {"confidence": 1.0}), cycles(2))
    assert found["state"].isna().all()
    assert found["reviewers"].tolist() == [2, 2]


def test_not_judgeable_is_no_state_to_learn():
    assert on_cycles(table(label("not_judgeable", 0, 9)), cycles())["state"].isna().all()


def test_labels_of_cells_that_are_not_there_are_nobodys():
    assert on_cycles(table(label("soft", 0, 9)), cycles(cell="other"))["state"].isna().all()
    assert on_cycles(no_labels(), cycles())["state"].isna().all()


def test_the_digest_knows_content_and_not_order():
    one, two = label("soft", 0, 1), label("hard", 2, 3)
    assert digest_of(table(one, two)) == digest_of(table(two, one))
    assert digest_of(table(one, two)) != digest_of(table(one, two | {"last_cycle": 4}))


BEGAN = 1_700_000_000.0
"""2023-11-14T22:13:20Z."""


def test_moments_are_iso_and_utc_where_no_zone_is_named():
    assert moment("2023-11-14T22:13:20+00:00") == moment("2023-11-14T22:13:20") == BEGAN
    assert moment("2023-11-14T23:13:20+01:00") == BEGAN
    assert iso(BEGAN + 0.25) == "2023-11-14T22:13:20.250+00:00"
    assert moment(iso(BEGAN + 0.25)) == BEGAN + 0.25
    assert (iso(np.nan), np.isnan(moment(""))) == ("", True)


def test_absolute_times_find_their_samples_where_files_were_added_in_front():
    # the reviewer saw one file; two days later one is found that began an hour before it
    times = {"start_time": iso(BEGAN + 200.0), "end_time": iso(BEGAN + 500.0)}
    known = table(label("soft", 2, 4, times=(200.0, 500.0), **times))
    seen, now = np.array([[0.0, BEGAN]]), np.array([[0.0, BEGAN - 3600.0], [3600.0, BEGAN]])
    for moments, shift in ((seen, 0.0), (now, 3600.0), (now + np.array([500.0, 0.0]), 4100.0)):
        placed = in_life_time(known, "c", moments)
        found = on_cycles(placed, cycles(8, shift=shift))
        assert found.index[found["state"].notna()].tolist() == [2, 3, 4]


def test_gaps_between_files_are_of_the_calendar_and_not_of_the_life():
    # the second file began a day after the first one ended; a life without dates has no gap
    moments = np.array([[0.0, BEGAN], [500.0, BEGAN + 86_400.0]])
    assert absolute(700.0, moments) == BEGAN + 86_600.0
    assert absolute(499.0, moments) == BEGAN + 499.0
    back = in_life_time(
        table(label("hard", start_time=iso(BEGAN + 86_500.0), end_time=iso(BEGAN + 86_600.0))),
        "c",
        moments,
    )
    assert back[["start_time_second", "end_time_second"]].iloc[0].tolist() == [600.0, 700.0]


def test_without_a_calendar_a_label_keeps_its_life_times():
    times = {"start_time": iso(BEGAN), "end_time": iso(BEGAN + 1.0)}
    one = label("soft", 2, 4, times=(200.0, 500.0), **times)
    known = table(one, label("hard", 0, 1) | {"cell_id": "d"})
    for moments in (np.empty((0, 2)), np.array([[0.0, np.nan]])):
        placed = in_life_time(known, "c", moments)
        assert placed["start_time_second"].tolist() == [200.0]
        assert np.isnan(absolute(5.0, moments))
