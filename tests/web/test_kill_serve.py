"""Kill -9 while two people review: in the end everything is as if nothing had happened."""

import pandas as pd

from tests.web.killed_serve import PEOPLE, forget, reviewed
from tests.web.lab import make_results


def test_reviews_survive_and_count_once(tmp_path):
    out = make_results(tmp_path)
    calm = reviewed(out, count=30, kills=0)
    assert calm["reviewer"].value_counts().to_dict() == dict.fromkeys(PEOPLE, 30)
    assert calm["note"].tolist() == [f"answer {k}" for k in range(30)] * 2
    forget(out)
    pd.testing.assert_frame_equal(reviewed(out, count=30, kills=2, longest_second=0.2), calm)
