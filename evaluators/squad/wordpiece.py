"""WordPiece tokens with character offsets, and a vocabulary trained on a text.

Source: Wu et al. 2016, section 4.1; text is cleaned and split as BERT does (Devlin et al. 2019).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, trainers

from evaluators.contract import CLASSIFY, MASK, PAD, SEPARATE, UNKNOWN, Vocabulary

_ALPHABET_SIZE = 400
"""Characters that a trained vocabulary knows; words with any other are unknown to it."""


def wordpiece_tokenizer(vocabulary: Vocabulary) -> Tokenizer:
    """A tokenizer that adds no special tokens and reads none in the text ("[SEP]" there is three tokens)."""
    tokens = {token: index for index, token in enumerate(vocabulary.tokens)}
    return _as_bert_splits(Tokenizer(models.WordPiece(vocab=tokens, unk_token=UNKNOWN)), vocabulary.lowercase)


def train_vocabulary(texts: Iterable[str], size: int) -> Vocabulary:
    """The vocabulary of at most `size` lower-case WordPiece tokens for some texts; a pure function of them.

    Raises:
        ValueError: `size` has no room for the texts' alphabet.
    """
    texts = list(texts)
    tokenizer = _as_bert_splits(Tokenizer(models.WordPiece(unk_token=UNKNOWN)), lowercase=True)
    characters = Counter[str]()
    for text in texts:
        characters.update("".join(tokenizer.normalizer.normalize_str(text).split()))
    alphabet = sorted(characters, key=lambda character: (-characters[character], character))[:_ALPHABET_SIZE]
    # The trainer numbers the characters it finds in no fixed order, and breaks ties by these numbers. Given beforehand
    # as fixed tokens, with its own search for an alphabet off, they have the same numbers in every run.
    fixed = [PAD, UNKNOWN, CLASSIFY, SEPARATE, MASK, *alphabet, *(f"##{character}" for character in alphabet)]
    if size < len(fixed):
        raise ValueError(f"a vocabulary of {size} tokens has no room for an alphabet of {len(alphabet)} characters")
    trainer = trainers.WordPieceTrainer(
        vocab_size=size, special_tokens=fixed, limit_alphabet=0, min_frequency=2, show_progress=False
    )
    tokenizer.train_from_iterator(texts, trainer)
    ids = tokenizer.get_vocab()
    return Vocabulary(tuple(sorted(ids, key=ids.__getitem__)))


def _as_bert_splits(tokenizer: Tokenizer, lowercase: bool) -> Tokenizer:
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=lowercase)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    return tokenizer
