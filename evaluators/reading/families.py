"""The text of the grammar: buildings, ships and people, seven attributes each, in four and four wordings."""

from __future__ import annotations

from evaluators.reading.grammar import Attribute, Family, Measure

BUILDINGS = Family(
    nouns=("mill", "tower", "bridge", "chapel", "castle", "library"),
    pronouns=("it",),
    attributes=(
        Attribute(
            "person",
            (
                "{entity} was built by {value}",
                "{value} built {entity}",
                "{entity} is the work of {value}",
                "the builder of {entity} was {value}",
            ),
            (
                "who built {entity} ?",
                "who was the builder of {entity} ?",
                "by whom was {entity} built ?",
                "whose work is {entity} ?",
            ),
        ),
        Attribute(
            "person",
            (
                "{entity} belongs to {value}",
                "{value} owns {entity}",
                "{entity} is the property of {value}",
                "the owner of {entity} is {value}",
            ),
            (
                "who owns {entity} ?",
                "who is the owner of {entity} ?",
                "to whom does {entity} belong ?",
                "whose property is {entity} ?",
            ),
        ),
        Attribute(
            "year",
            (
                "{entity} was built in {value}",
                "{entity} dates from {value}",
                "in {value} {entity} was completed",
                "the first stone of {entity} was laid in {value}",
            ),
            (
                "when was {entity} built ?",
                "from which year does {entity} date ?",
                "in which year was {entity} completed ?",
                "when was the first stone of {entity} laid ?",
            ),
        ),
        Attribute(
            "year",
            (
                "{entity} was restored in {value}",
                "{entity} got a new roof in {value}",
                "in {value} {entity} was repaired",
                "the repairs of {entity} ended in {value}",
            ),
            (
                "when was {entity} restored ?",
                "when did {entity} get a new roof ?",
                "in which year was {entity} repaired ?",
                "when did the repairs of {entity} end ?",
            ),
        ),
        Attribute(
            "place",
            (
                "{entity} stands in {value}",
                "{entity} is found in {value}",
                "{value} is the site of {entity}",
                "visitors of {entity} travel to {value}",
            ),
            (
                "where does {entity} stand ?",
                "where is {entity} found ?",
                "which town is the site of {entity} ?",
                "where do visitors of {entity} travel ?",
            ),
        ),
        Attribute(
            (
                "oak",
                "red brick",
                "white marble",
                "black granite",
                "yellow sandstone",
                "cedar",
                "old pine",
                "grey slate",
                "iron",
                "copper",
                "soft clay",
                "river stone",
            ),
            (
                "{entity} is made of {value}",
                "{entity} has walls of {value}",
                "{value} was used for {entity}",
                "the walls of {entity} are {value}",
            ),
            (
                "what is {entity} made of ?",
                "what walls does {entity} have ?",
                "which material was used for {entity} ?",
                "what are the walls of {entity} ?",
            ),
        ),
        Attribute(
            Measure("metres"),
            (
                "{entity} is {value} high",
                "{entity} rises {value}",
                "with {value} {entity} is hard to miss",
                "the height of {entity} is {value}",
            ),
            (
                "how high is {entity} ?",
                "how far does {entity} rise ?",
                "how many metres has {entity} ?",
                "what is the height of {entity} ?",
            ),
        ),
    ),
)

SHIPS = Family(
    nouns=("ferry", "barge", "trawler", "schooner", "steamer", "brig"),
    pronouns=("it",),
    attributes=(
        Attribute(
            "person",
            (
                "{entity} was designed by {value}",
                "{value} designed {entity}",
                "{entity} was drawn by {value}",
                "the plans of {entity} came from {value}",
            ),
            (
                "who designed {entity} ?",
                "by whom was {entity} designed ?",
                "who has drawn {entity} ?",
                "from whom came the plans of {entity} ?",
            ),
        ),
        Attribute(
            "person",
            (
                "{entity} sails under {value}",
                "{value} commands {entity}",
                "{entity} obeys {value}",
                "the captain of {entity} is {value}",
            ),
            (
                "under whom does {entity} sail ?",
                "who commands {entity} ?",
                "whom does {entity} obey ?",
                "who is the captain of {entity} ?",
            ),
        ),
        Attribute(
            "year",
            (
                "{entity} was launched in {value}",
                "{entity} first sailed in {value}",
                "in {value} {entity} left the yard",
                "the launch of {entity} was in {value}",
            ),
            (
                "when was {entity} launched ?",
                "in which year did {entity} first sail ?",
                "when did {entity} leave the yard ?",
                "which year saw the launch of {entity} ?",
            ),
        ),
        Attribute(
            "year",
            (
                "{entity} was sold in {value}",
                "{entity} changed hands in {value}",
                "in {value} {entity} found a buyer",
                "the sale of {entity} was in {value}",
            ),
            (
                "when was {entity} sold ?",
                "in which year did {entity} change hands ?",
                "when did {entity} find a buyer ?",
                "which year saw the sale of {entity} ?",
            ),
        ),
        Attribute(
            "place",
            (
                "{entity} sails from {value}",
                "{entity} is based in {value}",
                "{value} is the port of {entity}",
                "the crew of {entity} comes from {value}",
            ),
            (
                "from where does {entity} sail ?",
                "where is {entity} based ?",
                "what is the port of {entity} ?",
                "where does the crew of {entity} come from ?",
            ),
        ),
        Attribute(
            (
                "wool",
                "salt and pepper",
                "dried fish",
                "glass",
                "barley",
                "coal and timber",
                "honey",
                "olive oil",
                "green tea",
                "silk",
                "cider",
                "gold dust",
            ),
            (
                "{entity} carries {value}",
                "{entity} is loaded with {value}",
                "there is {value} on {entity}",
                "the cargo of {entity} is {value}",
            ),
            (
                "what does {entity} carry ?",
                "with what is {entity} loaded ?",
                "what is there on {entity} ?",
                "what is the cargo of {entity} ?",
            ),
        ),
        Attribute(
            Measure("feet"),
            (
                "{entity} is {value} long",
                "{entity} measures {value}",
                "with {value} {entity} needs a wide berth",
                "the length of {entity} is {value}",
            ),
            (
                "how long is {entity} ?",
                "how much does {entity} measure ?",
                "how many feet has {entity} ?",
                "what is the length of {entity} ?",
            ),
        ),
    ),
)

PEOPLE = Family(
    nouns=(),
    pronouns=("she", "he"),
    attributes=(
        Attribute(
            "person",
            (
                "{entity} was taught by {value}",
                "{value} taught {entity}",
                "{entity} was a pupil of {value}",
                "the teacher of {entity} was {value}",
            ),
            (
                "who taught {entity} ?",
                "by whom was {entity} taught ?",
                "whose pupil was {entity} ?",
                "who was the teacher of {entity} ?",
            ),
        ),
        Attribute(
            "person",
            (
                "{entity} works for {value}",
                "{value} employs {entity}",
                "{entity} is paid by {value}",
                "the master of {entity} is {value}",
            ),
            (
                "for whom does {entity} work ?",
                "who employs {entity} ?",
                "by whom is {entity} paid ?",
                "who is the master of {entity} ?",
            ),
        ),
        Attribute(
            "year",
            (
                "{entity} was born in {value}",
                "{entity} is a child of {value}",
                "in {value} {entity} came into the world",
                "the birth of {entity} was in {value}",
            ),
            (
                "when was {entity} born ?",
                "of which year is {entity} a child ?",
                "when did {entity} come into the world ?",
                "which year saw the birth of {entity} ?",
            ),
        ),
        Attribute(
            "place",
            (
                "{entity} was born in {value}",
                "{entity} comes from {value}",
                "{value} is the birthplace of {entity}",
                "the cradle of {entity} stood in {value}",
            ),
            (
                "where was {entity} born ?",
                "where does {entity} come from ?",
                "what is the birthplace of {entity} ?",
                "where stood the cradle of {entity} ?",
            ),
        ),
        Attribute(
            "place",
            (
                "{entity} lives in {value}",
                "{entity} has moved to {value}",
                "{value} is the home of {entity}",
                "the house of {entity} is in {value}",
            ),
            (
                "where does {entity} live ?",
                "to where has {entity} moved ?",
                "what is the home of {entity} ?",
                "in which town is the house of {entity} ?",
            ),
        ),
        Attribute(
            (
                "baker",
                "rope maker",
                "clock maker",
                "painter",
                "ship builder",
                "sailor",
                "tailor",
                "judge",
                "music teacher",
                "gardener",
                "smith",
                "horse doctor",
            ),
            (
                "{entity} is a {value}",
                "{entity} works as a {value}",
                "as a {value} {entity} is well known",
                "the sign of {entity} shows a {value}",
            ),
            (
                "what is {entity} ?",
                "what does {entity} work as ?",
                "as what is {entity} well known ?",
                "what does the sign of {entity} show ?",
            ),
        ),
        Attribute(
            (
                "white horse",
                "brown dog",
                "parrot",
                "black cat",
                "goat",
                "young fox",
                "tame raven",
                "pony",
                "tortoise",
                "grey goose",
                "donkey",
                "spotted pig",
            ),
            (
                "{entity} keeps a {value}",
                "{entity} has a {value}",
                "a {value} follows {entity}",
                "the pet of {entity} is a {value}",
            ),
            (
                "what does {entity} keep ?",
                "what animal does {entity} have ?",
                "what follows {entity} ?",
                "what is the pet of {entity} ?",
            ),
        ),
    ),
)

FAMILIES = (BUILDINGS, SHIPS, PEOPLE)
