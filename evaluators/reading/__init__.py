"""The `reading` task: extractive question answering that the project generates from a grammar of its own.

There is nothing to download. A passage tells of two or three invented buildings, ships or people; the questioned
attribute is stated of each of them, so that a reader has to find the entity and the attribute, follow "it" and "and"
back over the sentence's border, and cut the answer from tokens that its names share with others. Three examples of
the held-out split (question, passage, answer):

    when was the library jororzar restored ?
    helidtas got a new roof in 1863 . jororzar is 25 metres high . the owner of helidtas is agnes sevdis .
    jororzar was restored in 1379 . the library is the property of oscar veldan .
    -> 1379

    who built linebnok ?
    falidvin is the property of flora jorkar . the mill falidvin was built by emil pelrek . fenvak is the work of
    edmund keltol . rovton is the site of linebnok . the builder of linebnok was ivan linnok .
    -> ivan linnok

    what does the sign of wanda linsen show ?
    anna othnar works as a gardener . wanda linsen works as a music teacher . she works for thea xannar . the master
    of ada calnar is karl mormir . ada calnar works as a rope maker .
    -> music teacher
"""

from evaluators.reading.generate import join, reading_vocabulary, render
from evaluators.reading.task import ReadingTask

__all__ = ["ReadingTask", "join", "reading_vocabulary", "render"]
