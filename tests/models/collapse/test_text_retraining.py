"""Retraining on text: nothing changes without contamination, and what the text must be."""

import pickle

import numpy as np
import pytest

from mfsolve.data.corpus import Corpus
from mfsolve.models.collapse.text_retraining import Course, Retraining, TextParameters, course_of, human_text, retrain

P = TextParameters


@pytest.fixture(scope="module")
def book(tmp_path_factory):
    path = tmp_path_factory.mktemp("text") / "book.txt"
    words = np.random.default_rng(2).zipf(1.6, 6000)
    names = [c + d for c in "abcdefghij" for d in "klmnopqrst"]
    path.write_text(" ".join(names[min(w, 100) - 1] for w in words), encoding="utf-8")
    return path


def test_without_contamination_nothing_changes(book):
    path = retrain(P(text=book, contamination=0.0), Retraining(temperature=0.5), 3, 1, 0)
    assert np.ptp(path["cross_entropy"]) == 0.0
    assert np.ptp(path["w2_drift"]) == 0.0
    assert np.all(path["exposure"] == 0.0)
    assert np.all(path["log_quality"] == 0.0)


def test_a_first_generator_at_temperature_one_is_the_model_of_human_text(book):
    path = retrain(P(text=book, contamination=0.5), Retraining(), 1, 1, 0)
    assert path["divergence"][0] == 0.0
    assert path["coefficient"][0] == 0.0
    assert path["divergence"][1] > 0.0


def test_contamination_lowers_quality_and_a_cold_generator_loses_words(book):
    plain, cold = (retrain(P(text=book, contamination=1.0), Retraining(temperature=t), 4, 1, 0) for t in (1.0, 0.5))
    assert plain["quality_loss"][4] > 0.0
    assert cold["quality_loss"][4] > plain["quality_loss"][4]
    assert cold["support"][4] < plain["support"][4]
    assert cold["w2_drift"][4] > plain["w2_drift"][4]
    np.testing.assert_allclose(cold["exposure"], np.arange(5.0))


def test_paths_are_pure_functions_of_seed_and_replicate(book):
    first, again, other = (retrain(P(text=book), Retraining(), 2, 1, r) for r in (0, 0, 1))
    for name in first:
        np.testing.assert_array_equal(first[name], again[name])
    assert first["cross_entropy"][2] != other["cross_entropy"][2]


def test_held_out_blocks_are_never_read(book):
    text = human_text(P(text=book))
    blocks = text.training.shape[0] + text.held_out.shape[0]
    assert blocks == 6000 // 64
    assert text.held_out.shape[0] == blocks // 5


def test_courses_are_the_calibrated_markets():
    from mfsolve.models import collapse

    p = P()
    for course in (Course.NONE, Course.CLOSED_FORM):
        found = course_of(p, Retraining(course=course), 10)
        np.testing.assert_array_equal(
            found[1:], collapse.mean_field(collapse.Parameters(), course.value).contamination[1:]
        )
    assert course_of(p, Retraining(), 3).tolist() == [0.0, 0.5, 0.5, 0.5]


def test_the_text_that_comes_with_python():
    text = Corpus.of("pydoc_topics")
    assert 40_000 < text.words.size < 120_000
    assert text.vocabulary == tuple(sorted(set(text.vocabulary)))
    assert pickle.loads(pickle.dumps(text)) == text
    assert Corpus.of(text.description()) == text


@pytest.mark.parametrize(("given", "message"), [
    ("nowhere.txt", "nowhere.txt: No such file"),
    ({"data": "pydoc_topics", "sha256": "0" * 64}, "pydoc_topics is not what it was: sha256 "),
    ({"data": 3}, "the name of a text or a file is needed"),
    ({"date": "x"}, "date: unknown key"),
    (7, "7 given; the name of a text or a file is needed"),
])  # fmt: skip
def test_unusable_texts_are_refused(given, message):
    with pytest.raises(ValueError, match=message):
        Corpus.of(given)


def test_files_that_are_no_text_or_too_short_are_refused(tmp_path):
    (tmp_path / "a.txt").write_bytes(b"\xff\xfe\x00")
    (tmp_path / "b.txt").write_text("far too short")
    with pytest.raises(ValueError, match="no UTF-8 text"):
        Corpus.of(tmp_path / "a.txt")
    with pytest.raises(ValueError, match=r"b\.txt: 3 words; at least 2000 are needed"):
        Corpus.of(tmp_path / "b.txt")
    with pytest.raises(ValueError, match="block: 4096 given; allowed: at most 300"):
        P(block=4096, text=book_of(tmp_path))


def book_of(folder):
    path = folder / "c.txt"
    path.write_text("word " * 3000)
    return path
