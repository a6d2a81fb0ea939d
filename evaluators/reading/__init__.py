"""The `reading` task: extractive question answering that the project generates from a grammar of its own.

There is nothing to download. A passage tells of one or two invented buildings, ships or people and states several
attributes of one type (years, people) in words that differ from the question's; where the asked attribute is stated of
both, only the name tells which value it is. A reader has to match wordings and names, follow "it" and "and" back over
the sentence's border, and cut the answer from tokens that its names share with others. Three examples of the held-out
split (question, passage, answer):

    when was the library jororzar restored ?
    jororzar got a new roof in 1824 . jororzar was built in 1863 . the library jororzar rises 85 metres . jororzar is
    the work of agnes sevdis and has walls of yellow sandstone .
    -> 1824

    which town is the site of the castle zelebtas ?
    zelebtas belongs to ida rovkin . in 1420 zelebtas was repaired . zelebtas stands in nimfield . in 1749 zelebtas
    was completed . the castle zelebtas is made of old pine .
    -> nimfield

    where does cecily daldan live ?
    as a rope maker cecily daldan is well known . cecily daldan keeps a tame raven . she has moved to balford .
    cecily daldan is paid by hanna othkin . albin veltol taught hanna cortur .
    -> balford
"""

from evaluators.reading.generate import join, reading_vocabulary, render
from evaluators.reading.task import ReadingTask

__all__ = ["ReadingTask", "join", "reading_vocabulary", "render"]
