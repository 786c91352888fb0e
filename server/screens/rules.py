"""What the check of a draft says about each of its rules: what is the matter, and why it matters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from server.screens.words import mark


class Said(NamedTuple):
    """A rule's words."""

    what: str
    why: str


ANY: Final = Said(mark("Please read this once more"), mark("It may not say what you mean"))
"""For a rule of a later release."""
SENTENCES: Final[Mapping[str, Said]] = {
    "name-left-over": Said(mark("This is another customer's name"), mark("It may be left over from a copied text")),
    "name-wrong": Said(mark("This is not the customer's name"), mark("The customer record says another")),
    "name-misspelt": Said(
        mark("The customer's name is written differently"), mark("The customer record writes it another way")
    ),
    "name-missing": Said(mark("There is no greeting by name"), mark("A name shows that the reply is meant for them")),
    "name-generic": Said(mark("The greeting has no name"), mark("The name is known")),
    "name-without-title": Said(mark("The name stands without 様"), mark("A bare name is impolite")),
    "name-title": Said(mark("様 is the title for a customer"), mark("殿 and さん are for others")),
    "title-doubled": Said(mark("There are two titles on one name"), mark("One is enough")),
    "onchu-with-person": Said(mark("御中 stands with a person's name"), mark("A person's 様 is enough")),
    "company-with-sama": Said(mark("様 stands behind a company"), mark("For companies and departments it is 御中")),
    "company-short-form": Said(mark("The company's name is shortened"), mark("A greeting writes it in full")),
    "company-unlike-record": Said(
        mark("The company's name is written differently"), mark("The customer record writes it another way")
    ),
    "our-company-wrong": Said(mark("Our own company's name is written differently"), mark("We write as we are called")),
    "customer-without-sama": Said(mark("The customer stands without 様"), mark("Readers may feel slighted")),
    "keigo-double": Said(mark("Two honorifics stand on one word"), mark("One is enough")),
    "keigo-humble-twice": Said(mark("Two humble forms stand on one word"), mark("One is enough")),
    "keigo-customer-lowered": Said(
        mark("A humble form speaks of the customer"), mark("What the customer does takes a respectful form")
    ),
    "keigo-sa": Said(mark("There is one さ too many"), mark("The verb has its own せる")),
    "keigo-ra": Said(mark("A ら is missing"), mark("Letters write the full form")),
    "keigo-letting": Said(mark("させていただく comes too often"), mark("いたします says it shorter")),
    "keigo-shop": Said(mark("This is how shop assistants speak"), mark("Letters do without it")),
    "blame": Said(mark("This may sound as if it were the customer's fault"), mark("Facts and next steps are enough")),
    "promise-too-sure": Said(mark("This promises too much"), mark("Nobody can be sure of it")),
    "refusal-alone": Said(mark("This refuses and offers nothing"), mark("Say what can be done instead")),
    "rough": Said(mark("This may sound rude"), mark("Customers are addressed more politely")),
    "casual": Said(mark("This is too casual"), mark("It suits colleagues, not customers")),
    "demand": Said(mark("This sounds like an order"), mark("A request is friendlier")),
    "amount-vague": Said(mark("How much is not clear"), mark("A number says it")),
    "weak": Said(mark("This sounds unsure"), mark("What we know, we say plainly")),
    "date-impossible": Said(mark("This date does not exist"), mark("There is no such day")),
    "weekday-wrong": Said(mark("Date and weekday do not match"), mark("One of the two is wrong")),
    "promise-past": Said(mark("The time you promise is over"), mark("It may be left over from an earlier text")),
    "time-vague": Said(mark("It does not say by when"), mark("A date is something to rely on")),
    "promise-date": Said(mark("You promise a time"), mark("It becomes the due time")),
    "left-over-variable": Said(mark("A gap is not filled in"), mark("The customer would see it")),
    "internal-note": Said(mark("This is from an internal note"), mark("It is not for the customer")),
    "banned-word": Said(mark("Your team does not use this word"), mark("It is on your team's list")),
    "forbidden-promise": Said(mark("Your team does not promise this"), mark("It is on your team's list")),
    "team-voice": Said(mark("Your team says this differently"), mark("It is on your team's list")),
    "machine-dependent": Said(mark("This character may arrive garbled"), mark("Not every mail program knows it")),
    "half-width-kana": Said(mark("Half-width kana may arrive garbled"), mark("Full-width ones are safe")),
    "subject-empty": Said(mark("The subject is empty"), mark("The customer cannot find the mail again")),
    "subject-ticket-number": Said(
        mark("Our own number stands in the subject"), mark("It means nothing to the customer")
    ),
    "subject-capitals": Said(mark("The subject is in capitals"), mark("It reads as shouting")),
    "subject-long": Said(mark("The subject is long"), mark("Phones cut it")),
    "subject-vague": Said(
        mark("The subject does not say what it is about"), mark("The customer cannot find the mail again")
    ),
    "subject-marks": Said(mark("The subject has too many marks"), mark("It may be taken for advertising")),
    "upset-unheard": Said(
        mark("The customer is upset, and this does not take it up"), mark("Say first that you have understood")
    ),
    "upset-no-action": Said(
        mark("The customer is upset, and this says of nothing that is done"), mark("Say what you do about it")
    ),
    "apology-alone": Said(mark("This apologises and offers nothing"), mark("Say what makes it better")),
    "next-step-missing": Said(
        mark("It does not say what happens next"), mark("The customer wants to know what to expect")
    ),
    "introduction-missing": Said(mark("It does not say who writes"), mark("A name tells whom to answer")),
    "steps-in-a-sentence": Said(mark("Several steps stand in one sentence"), mark("A list is easier to follow")),
    "sentence-long": Said(mark("This sentence is long"), mark("Two short ones are easier to read")),
    "style-mixed": Said(mark("Plain and polite endings are mixed"), mark("です and ます go through the whole mail")),
    "en-blame": Said(
        mark("This may sound as if it were the customer's fault"), mark("Facts and next steps are enough")
    ),
    "en-promise": Said(mark("This promises too much"), mark("Nobody can be sure of it")),
    "en-cannot": Said(mark("This refuses and offers nothing"), mark("Say what can be done instead")),
    "en-policy": Said(mark("This hides behind a policy"), mark("A reason convinces, a rule does not")),
    "en-as-said": Said(mark("This sounds impatient"), mark("It reproaches the customer with not having read")),
    "en-amount": Said(mark("How much is not clear"), mark("A number says it")),
    "en-must": Said(mark("This sounds like an order"), mark("A request is friendlier")),
    "en-need": Said(mark("“Need to” sounds like an order"), mark("A request is friendlier")),
    "en-should-have": Said(mark("This reproaches the customer"), mark("Say what helps now")),
    "en-casual": Said(mark("This is too casual"), mark("It suits colleagues, not customers")),
    "en-unfortunately": Said(mark("“Unfortunately” only adds gloom"), mark("The sentence says the same without it")),
    "en-weak": Said(mark("This sounds unsure"), mark("What we know, we say plainly")),
    "attachment-missing": Said(mark("An attachment is announced and not there"), mark("The customer will look for it")),
    "language-other": Said(mark("The customer wrote in another language"), mark("A reply in theirs is easier to read")),
    "spelling": Said(mark("This seems misspelt"), mark("Slips look hasty")),
    "word-twice": Said(mark("A word stands here twice"), mark("Slips look hasty")),
    "marks-doubled": Said(mark("There is one mark too many"), mark("Slips look hasty")),
    "link-not-secure": Said(mark("This link is not encrypted"), mark("Browsers warn about it")),
    "link-glued": Said(mark("The link runs into the sentence"), mark("It may not open")),
    "closing-wrong": Said(mark("The closing does not go with the letter"), mark("Opening and closing are a pair")),
    "shouting": Said(mark("Words stand in capitals"), mark("It reads as shouting")),
}
"""Rule of server.replies.check -> its words."""
