"""Text files become windows, tokenised once, of two splits that share no paragraph."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from evaluators.contract import Vocabulary
from evaluators.tasks import has_answers, load_task
from evaluators.text import TextTask
from evaluators.text.corpus import paragraphs

LINES = [f"Paragraph {number} tells of {number * 7} boats and of the harbour they came from." for number in range(300)]


@pytest.fixture
def corpus(tmp_path: Path) -> list[str]:
    first, second = tmp_path / "first.txt", tmp_path / "second.txt"
    first.write_text("\n\n".join(LINES[:200]))
    second.write_text("\ufeff" + "\n".join([*LINES[200:], *LINES[:50]]))
    return [str(first), str(second)]


def test_a_paragraph_is_in_one_split_wherever_it_stands(corpus: list[str]) -> None:
    files = [*map(Path, corpus)]
    train, held_out = ([*paragraphs(files, split)] for split in ("train", "held_out"))
    assert not {*train} & {*held_out}
    assert {*train, *held_out} == {*LINES}
    assert 10 < len({*held_out}) < 60


def test_windows_hold_the_text_of_their_split_in_order(corpus: list[str], tmp_path: Path) -> None:
    task = TextTask(corpus, sequence_length=32)
    vocabulary = task.vocabulary(tmp_path / "cache")
    examples = task.examples("held_out", vocabulary, tmp_path / "cache")
    tokens = np.array(vocabulary.tokens)[examples.token_ids]
    length = examples.mask.sum(axis=1)
    assert (tokens[:, 0] == "[CLS]").all()
    assert (tokens[np.arange(len(tokens)), length - 1] == "[SEP]").all()
    assert (tokens[examples.mask == 0] == "[PAD]").all()
    assert sorted(length.tolist())[1:] == [32] * (len(tokens) - 1)
    number = sum(len(text.split()) for text in paragraphs([*map(Path, corpus)], "held_out"))
    assert (examples.mask.sum() - 2 * len(tokens)) >= number
    text = " ".join(tokens[length == 32][0][1:-1]).replace(" ##", "").replace("##", "")
    assert text in " ".join(paragraphs([*map(Path, corpus)], "held_out")).lower().replace(".", " .")


def test_text_is_tokenised_once(corpus: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    task = TextTask(corpus, sequence_length=32)
    vocabulary = task.vocabulary(tmp_path / "cache")
    first = task.examples("train", vocabulary, tmp_path / "cache")
    monkeypatch.setattr("evaluators.text.task.windows", None)
    again = TextTask(corpus, sequence_length=32).examples("train", vocabulary, tmp_path / "cache")
    assert isinstance(again.token_ids, np.memmap)
    np.testing.assert_array_equal(first.token_ids, again.token_ids)


def test_another_text_or_length_is_another_task(corpus: list[str]) -> None:
    task = TextTask(corpus, sequence_length=32)
    assert task.fingerprint() == TextTask(corpus, sequence_length=32).fingerprint()
    assert task.fingerprint() != TextTask(corpus, sequence_length=48).fingerprint()
    assert task.fingerprint() != TextTask(corpus[:1], sequence_length=32).fingerprint()
    assert not has_answers(task)
    assert has_answers(load_task("reading"))


def test_what_holds_no_text_is_refused(corpus: list[str], tmp_path: Path) -> None:
    empty, latin, short = (tmp_path / f"{name}.txt" for name in ("empty", "latin", "short"))
    empty.write_text(" \n\n")
    latin.write_bytes(b"caf\xe9\n")
    short.write_text("One paragraph only.")
    with pytest.raises(ValueError, match=r"empty\.txt: no text in it"):
        TextTask([str(empty)])
    with pytest.raises(ValueError, match=r"latin\.txt: not UTF-8 text: invalid continuation byte in line 1"):
        TextTask([str(latin)])
    with pytest.raises(FileNotFoundError, match=r"no text file .*missing\.txt"):
        TextTask([str(tmp_path / "missing.txt")])
    with pytest.raises(ValueError, match="needs its files: --corpus FILE"):
        load_task("text")
    with pytest.raises(ValueError, match="corpus is of task 'text' alone"):
        load_task("reading", corpus=corpus)
    alphabet = Vocabulary(("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "owl"))
    with pytest.raises(ValueError, match=r"does not know .* of the corpus"):
        TextTask(corpus).examples("train", alphabet, tmp_path / "cache")
    split = "train" if next(paragraphs([short], "held_out"), "") else "held_out"
    with pytest.raises(ValueError, match=r"too little text for a (train|held-out) split"):
        TextTask([str(short)]).examples(split, alphabet, tmp_path / "cache")
