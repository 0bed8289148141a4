"""Speakers: quotations over sentences and paragraphs, pronouns, and the names that a document gives its speakers."""

from datetime import date

import pytest

from claimwire.records.claims import Claim
from processors.claims import claims_of
from processors.clean.document import Declared, clean_document

DAY = date(2026, 11, 17)
QUIET = "The market hall will stay open on Saturdays."


def claim_with(text: str, words: str) -> Claim:
    """The claim of a text whose evidence has the words."""
    document = clean_document(text.encode(), "text/plain", "utf-8")
    found = [c for c in claims_of("a", document.text, document.blocks, DAY) if words in document.text[c.start : c.end]]
    assert found, words
    return found[0]


@pytest.mark.parametrize(
    ("text", "words", "claimant"),
    [
        pytest.param(
            'Ines Talbot said the depot was safe.\n"The pumps failed twice last week. The tanks were never '
            'inspected," said Yusuf Karaman, who drives a lorry there.',
            "pumps failed", "Yusuf Karaman", id="the speaker is named where the quotation ends",
        ),
        pytest.param(
            '"The pumps failed twice last week. The tanks were never inspected and the workers were sent home," '
            "comments Yusuf Karaman of the drivers' union.",
            "tanks were never", "Yusuf Karaman", id="a verb of saying behind the mark",
        ),
        pytest.param(
            "Ines Talbot said the depot was safe. Yusuf Karaman drove past it every night for a year.\n"
            "“The pumps failed twice last week and the tanks were never inspected.”",
            "pumps failed", "Yusuf Karaman", id="the subject before, not the last who had a cue",
        ),
        pytest.param(
            "Ines Talbot said: “The pumps failed twice. He said they would be repaired by the town on Monday.”",
            "repaired by the town", "Ines Talbot", id="what a witness reports is the witness's",
        ),
        pytest.param(
            "Footage shows the depot.\n“The pumps failed and 12 men died in the fire,” "
            "the engineer Yusuf Karaman, a man from Kars, and for years the head of three depots on the coast of the sea, said.",
            "12 men died", "Yusuf Karaman", id="a long apposition",
        ),
        pytest.param(
            '"The gas killed 12 men. But the pumps never failed," study lead author Yusuf Karaman, a chemist at the Kars Institute in Kars, '
            "and later in Yerevan, D.O., wrote in a letter.",
            "killed 12 men", "Yusuf Karaman", id="the name before the apposition",
        ),
        pytest.param(
            "Mayor Greta Holm demanded a trial. Prosecutor Susan Marsh said that she would question 12 men on Monday.",
            "question 12 men", "Susan Marsh", id="whoever speaks in the sentence is she",
        ),
        pytest.param(
            "Susan Marsh will appeal to the court against the ruling on 12 deaths, her lawyer Yusuf Karaman said.",
            "will appeal", "Yusuf Karaman", id="an appeal that is still to be made",
        ),
        pytest.param(
            "Ines Talbot wrote on a blog accusing the town of hiding 12 leaks.",
            "hiding 12 leaks", "Ines Talbot", id="it is not the blog that accuses",
        ),
        pytest.param(
            "Robert Hale met Susan Marsh in the depot. She said that 12 tanks had leaked in one night.",
            "12 tanks had leaked", "Susan Marsh", id="a given name decides who she is",
        ),
        pytest.param(
            "Ines Talbot met Yusuf Karaman on Monday.\n\"The pumps failed and 12 men died,\" the 30-year-old Karaman said.",
            "12 men died", "Yusuf Karaman", id="the name right before the verb",
        ),
        pytest.param(
            'Asked about it on Monday, Ines Talbot said: "The pumps failed and 12 men died."',
            "12 men died", "Ines Talbot", id="what follows a colon",
        ),
    ],
)  # fmt: skip
def test_the_speaker_of_a_quotation(text, words, claimant):
    assert claim_with(f"{text}\n{QUIET}", words).claimant == (claimant,)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "Ines Talbot said the depot was safe. The town had asked Yusuf Karaman and Petra Holm about it.\n"
            "“The pumps failed twice and an explosion killed two men.”",
            "killed two men",
        ),
        ("The town asked Yusuf Karaman and Ivan Holm about it. He said that 12 tanks had leaked.", "12 tanks"),
    ],
)
def test_the_speaker_is_not_known_where_two_could_be_meant(text, words):
    assert claim_with(f"{text}\n{QUIET}", words).claimant == ()


@pytest.mark.parametrize(
    ("text", "claimant"),
    [
        ("The Office for Fisheries and Coasts said 12 men had died.", ("Office for Fisheries and Coasts",)),
        ("The Ministry of Justice and Interpol said 12 men had died.", ("Ministry of Justice", "Interpol")),
        ("Avon and Somerset Police said 12 men had died.", ("Avon and Somerset Police",)),
        ("The National Institute on Water Use said 12 men had died.", ("National Institute on Water Use",)),
        ("The minister for Ports and Regional Affairs, Petra Holm, said 12 men had died.", ("Petra Holm",)),
        ("The group that owns the mine, Altan Holdings, says 12 men have died.", ("Altan Holdings",)),
        ("Twelve men have died, said the bank's chief economist, Petra Holm.", ("Petra Holm",)),
        ("Harbour director and senior engineer Petra Holm said 12 men had died.", ("Petra Holm",)),
        ("Petra Holm, head of the town's prevention and control centre, told reporters that 12 men had died.", ("Petra Holm",)),
        ("Petra Holm and her team said 12 men had died.", ("Petra Holm",)),
        ("Petra Holm, a baker, and Ivan Marsh, a teacher, said 12 men had died.", ("Petra Holm", "Ivan Marsh")),
        ("Norway’s Fisheries Ministry said 12 men had died off the Danish coast.", ("Norway Ministry of Fisheries",)),
        ("In Halle, the state interior ministry said 12 men had died.", ("state interior ministry",)),
        ("According to a report in the Harbour Gazette, 12 men had died.", ("Harbour Gazette",)),
        ("Twelve men have died, according to figures from the Harbour Agency.", ("Harbour Agency",)),
        ("According to a survey of Ford workers, 12 men had died.", ("survey",)),
        ("A report by the Harbour Agency found 12 men had died.", ("Harbour Agency",)),
        ("The Harbour Agency's annual report says 12 men had died.", ("Harbour Agency",)),
        ("A report by the Harbour Agency found 3 leaks. The report said 12 men had died.", ("Harbour Agency",)),
        ("Twelve men had died, according to two people familiar with its plans.", ("people familiar with its plans",)),
        ("According to the WHO, 12 men had died.", ("World Health Organization",)),
        ("The US said 12 men had died.", ("United States",)),
        ("James P. Holm Jr., the harbour master, said 12 men had died.", ("James P. Holm Jr.",)),
        ("The operator, Linhas do Norte, said 12 men had died.", ("Linhas do Norte",)),
        ("The ministry of health denied that 12 men had died in Romania.", ("Romania Ministry of Health",)),
        ("Petra Holm spoke first. Twelve men had died, she told engineers, according to a transcript.", ("Petra Holm",)),
        ("With two children in the house, Mrs Holm said, 12 men had died.", ("Holm",)),
        ("Russia's foreign ministry spoke. The French foreign ministry says it regrets that 12 men had died.", ("French Foreign Ministry",)),
        ("The envoy to Ukraine Petra Holm said 12 men had died.", ("Petra Holm",)),
        ("Secretary of State Petra Holm said 12 men had died.", ("Petra Holm",)),
        ("Denmark's envoy said 12 men had died.", ("Denmark envoy",)),
        ("Denmark's envoy said 12 men had died. Denmark's envoy to Peru Petra Holm left.", ("Petra Holm",)),
        ("Denmark's envoy to Peru Petra Holm said 12 men had died.", ("Petra Holm",)),
        ("Two men are ill, but 12 men had died, said Vektra's newly named head Petra Holm.", ("Petra Holm",)),
        ("Vektra Agency opened. Agency officials said 12 men had died.", ("Vektra Agency officials",)),
        ("Vektra Agency opened. The agency spokesman said 12 men had died.", ("Vektra Agency",)),
        ("One study in 24 older men found that 12 men had died.", ("study in 24 older men",)),
        ("One review of nine studies found that drinking less meant 12 men had died.", ("review of nine studies",)),
        ("Vektra said in a statement that it was sad. The statement said 12 men had died.", ("Vektra",)),
        ("Vektra said in a letter, “We are sad that 12 men had died.”", ("Vektra",)),
        ("According to a copy of the lawsuit, 12 men had died.", ("lawsuit",)),
        ("Palestinian health authorities said 12 men had died.", ("Palestinian health authorities",)),
        ("According to the software maker Blau Kontor, 12 men had died.", ("Blau Kontor",)),
        ("Petra Holm spoke. Big Harvest have closed. They said 12 men had died.", ("Big Harvest",)),
        ("Petra Holm called, called Ivan Marsh a fool and said 12 men had died.", ("Petra Holm",)),
        ("Petra Holm said that the town had agreed that 12 men had died.", ("Petra Holm",)),
        ("Petra Holm said that after a long meeting the town had concluded it was safe, adding that 12 men had died.", ("Petra Holm",)),
    ],
)  # fmt: skip
def test_one_name_for_one_claimant(text, claimant):
    assert claim_with(f"{text}\n{QUIET}", "have died" if "have died" in text else "had died").claimant == claimant


@pytest.mark.parametrize(
    ("introduced", "later", "claimant"),
    [
        ("Vektra, an airline, hired 20 pilots. The town council met Karo Bank.", "The airline", "Vektra"),
        ("Vektra, an airline, hired 20 pilots. The Harbour Board paid them.", "The company", "Vektra"),
        ("Vektra hired 20 pilots. President Brandt thanked Brandt's guests in Oklahoma.", "The company", "Vektra"),
        ("The Inner Karst Health Commission met on Monday. Ibex Ltd sells masks.", "The health commission", "Inner Karst Health Commission"),
        ("The Harbour Safety Office (HSO) met on Monday. Ibex Ltd sells masks.", "HSO", "Harbour Safety Office"),
        ("Petra Holm, a singer, met the harbour master Ivan Marsh on Monday.", "The singer", "Petra Holm"),
        ("Shares rose in Kars, said Karo Institutional Equities.", "The brokerage", "Karo Institutional Equities"),
        ("Vektra reported on Sunday that fish were dying.", "The news organisation", "Vektra"),
        ("A map was drawn up by the National Flood Service. Ibex Ltd sells masks.", "The agency", "National Flood Service"),
        ("Avon and Somerset Police closed the bridge. Ibex Ltd sells masks.", "The force", "Avon and Somerset Police"),
        ("Kars police closed the bridge. Ibex Ltd sells masks.", "The city's police", "Kars police"),
        ("Vektra hired 20 pilots. The head of the Ankara Party resigned.", "The office of Petra Holm", "office of Petra Holm"),
        ("The Ankara Party resigned. Vektra hired 20 pilots.", "The ruling party", "ruling party"),
        ("The Attorney General spoke to Vektra.", "The company", "Vektra"),
        ("Shares rose at shipping giant Wolf Harding. Vektra hired 20 pilots.", "Wolf Harding", "Wolf Harding"),
        ("Prime Minister Petra Holm met Ivan Marsh in Peru.", "The prime minister", "Petra Holm"),
        ("Petra Holm met Ivan Marsh in Peru.", "Petra", "Petra Holm"),
        ("Rovers GK Petra Holm met Ivan Marsh in Peru.", "Petra Holm", "Petra Holm"),
        ("Vektra hired 20 pilots.", "The Kars Attorney's Office", "Kars Attorney's Office"),
    ],
)  # fmt: skip
def test_a_description_stands_for_whom_it_introduced(introduced, later, claimant):
    assert claim_with(f"{introduced} {later} said 12 men had died.\n{QUIET}", "had died").claimant == (claimant,)


@pytest.mark.parametrize(
    "sentence",
    [
        "Petra Holm has agreed a deal to run the harbour for 12 months.",
        "Petra Holm speaks four languages and killed a bear in 2019.",
        "The ministry is considering a plan that would cost 12 jobs.",
        "The front maintains contact with 12 fighters in the north.",
        "The court concluded its third hearing on the explosion on Monday.",
        "Petra Holm had planned 12 concerts in the harbour.",
        "Mayor Petra Holm accused of hiding 12 deaths in Kent",
        "The letter had 12 pages and was sent to Petra Holm on Monday.",
    ],
)
def test_verbs_that_hand_on_nothing(sentence):
    document = clean_document(f"{sentence}\n{QUIET}".encode(), "text/plain", "utf-8")
    assert {c.claimant for c in claims_of("a", document.text, document.blocks, DAY)} <= {("narrator",)}


@pytest.mark.parametrize(
    ("text", "words", "claimant"),
    [
        ("Doctors described the burns of 12 men as critical.", "as critical", "doctors"),
        ("Ines Talbot said 12 men had died, and the depot had burned for a week.", "burned for a week", "Ines Talbot"),
        ("According to a report in the Kars Record, 12 men had died.", "12 men had died", "Kars Record"),
        (
            "The depot burned as 12 men slept, the first such fire since 1990, according to the Kars Record released Friday.",
            "depot burned",
            "Kars Record",
        ),
        ("Ines Talbot argued that while 12 men had died, the depot was safe.", "depot was safe", "Ines Talbot"),
        ("Ines Talbot said there continues to be a shortage of 12 tanks.", "shortage of 12", "Ines Talbot"),
        (
            "The closure came in light of Ines Talbot's claim that 12 tanks had leaked.",
            "12 tanks had leaked",
            "Ines Talbot",
        ),
        ("Sailors are of the view that the port has lost 12 ships.", "lost 12 ships", "sailors"),
        ("Arguing that the port had lost 12 ships, Ines Talbot said it should close.", "lost 12 ships", "Ines Talbot"),
        ("Footage shows 12 men using axes to break the doors.", "12 men using", "footage"),
        ("Kars Radio reported details of a plan to close 12 depots.", "close 12 depots", "Kars Radio"),
        ("A small study in nurses showed that sleep helps 12 of them.", "sleep helps", "small study in nurses"),
        ("Ines Talbot vowed to close 12 depots on Monday.", "close 12 depots", "Ines Talbot"),
        (
            "The toll was 12, a report says. In its report, the Kars Institute said the depot was unsafe.",
            "toll was 12",
            "Kars Institute",
        ),
    ],
)
def test_who_says_the_rest_of_it(text, words, claimant):
    assert claim_with(f"{text}\n{QUIET}", words).claimant == (claimant,)


@pytest.mark.parametrize(
    ("sentence", "words", "claimant"),
    [
        pytest.param(
            "The key to the dam's success, says Yusuf Karaman, is the town's old drainage.",
            "old drainage", "Yusuf Karaman", id="a verb of saying between subject and verb",
        ),
        pytest.param(
            "Prosecutors told reporters the plan to sell the dam had killed 12 men.",
            "killed 12 men", "prosecutors", id="what is told has an infinitive",
        ),
        pytest.param(
            "A decision to change the pump killed 12 men, its engineers say.",
            "killed 12 men", "engineers", id="an infinitive with an object before the verb",
        ),
        pytest.param(
            "Jets killed 12 men at the dam, the Tarn Police said, while the Dam Union accused the navy of killing 31 men.",
            "killing 31 men", "Dam Union", id="while another one accuses",
        ),
        pytest.param(
            "According to the head of the Dam Union, Yusuf Karaman, 12 men died in the flood.",
            "12 men died", "Yusuf Karaman", id="a name behind an office",
        ),
        pytest.param(
            "The Tarn Police said the engineer who led the work for 12 men was arrested on Monday.",
            "was arrested", "Tarn Police", id="what is told has a relative clause",
        ),
        pytest.param(
            "Kars Radio reports the engineer who built the dam, Carl Moritz, was arrested with 12 men on Monday.",
            "was arrested", "Kars Radio", id="with its name behind it",
        ),
        pytest.param(
            "The dam broke in 12 towns – an allegation the Dam Union refutes.",
            "dam broke", "Dam Union", id="an allegation somebody refutes",
        ),
        pytest.param(
            "The Dam Union's position is that 12 men died in the flood.", "12 men died", "Dam Union", id="a position is",
        ),
        pytest.param(
            "On other side saying of Dam Union is that 12 men have died.", "12 men have died", "Dam Union", id="saying is",
        ),
        pytest.param(
            "Kars (special reporter) Chairperson of the Dam Union Zehra Lodi has rejected the deaths of 12 men.",
            "deaths of 12 men", "Zehra Lodi", id="an office without an article behind a dateline",
        ),
        pytest.param(
            "The Ministry of Ports and Rivers rejected the deaths of 12 men.",
            "deaths of 12 men", "Ministry of Ports and Rivers", id="a ministry of two fields",
        ),
        pytest.param(
            "Yusuf Karaman characterised the deaths of 12 men as a crime of the port.",
            "characterised the deaths", "Yusuf Karaman", id="characterised as",
        ),
        pytest.param(
            "The probe characterised the moon with 12 cameras on Monday.", "12 cameras", "narrator", id="characterised a thing",
        ),
        pytest.param(
            "Yusuf Karaman added three assists and 12 points for Kars on Monday.",
            "three assists", "narrator", id="added a number",
        ),
        pytest.param(
            "By the Dam Union's count, 12 men died in the flood.", "12 men died", "Dam Union", id="by the count of",
        ),
        pytest.param(
            "Twelve men died in the flood, from the first inspections of the Dam Union.",
            "men died", "Dam Union", id="from the inspections of",
        ),
    ],
)  # fmt: skip
def test_who_says_it_within_the_sentence(sentence, words, claimant):
    assert claim_with(f"{sentence}\n{QUIET}", words).claimant == (claimant,)


def test_he_is_nobody_named_in_what_he_says():
    text = f"Mayor Tim Lund met Carl Moritz. He says that Lund took 12 boats from the port.\n{QUIET}"
    assert claim_with(text, "took 12 boats").claimant != ("Tim Lund",)


def test_what_is_based_on_others_leaves_only_the_claim():
    text = f"According to a volunteer on the pier, four boats sank in the storm.\n{QUIET}"
    claim = claim_with(text, "four boats")
    assert text[claim.start : claim.end] == "four boats sank in the storm"


def test_they_are_not_one_person():
    text = f"The pump killed a man at the dam. In a study, they found that 12 men had died in the flood.\n{QUIET}"
    assert "man" not in claim_with(text, "12 men had died").claimant


def test_words_that_only_name_the_speaker_claim_nothing():
    text = "Ivan Holm called Petra Marsh a fool and killed 12 of her goats, the mayor's office said."
    document = clean_document(f"{text}\n{QUIET}".encode(), "text/plain", "utf-8")
    claims = claims_of("a", document.text, document.blocks, DAY)
    assert not any(document.text[c.start : c.end].startswith("the mayor's office") for c in claims)


def test_a_poll_says_what_it_has():
    assert claim_with(f"A poll out on Monday had the Reds on 31 percent.\n{QUIET}", "31 percent").claimant == ("poll",)


def test_who_said_something_is_who_calls_for_more():
    text = f"The council said two men were shot from a bridge and called on the army to leave the harbour.\n{QUIET}"
    assert claim_with(text, "called on").cue == "called on"


@pytest.mark.parametrize(
    ("title", "claimant"),
    [
        ("Harbour bridge completely safe: Kars Council", ("Kars Council",)),
        ("Toll of the ferry fire reaches 24 - harbour council", ("harbour council",)),
        ("Kars Council: bridge closed after 12 deaths", ("Kars Council",)),
        ("Two ways to close a bridge: a guide", ("narrator",)),
        ("The Latest: two ships collide in the harbour of Kars", ("narrator",)),
    ],
)
def test_the_claimant_of_a_headline(title, claimant):
    text = f"{title}\n\nThe bridge was closed on Monday. {QUIET}"
    document = clean_document(text.encode(), "text/plain", "utf-8", Declared(title=title))
    assert claims_of("a", document.text, document.blocks, DAY)[0].claimant == claimant


def test_the_union_is_no_union_of_states():
    text = (
        "The European Union approved a loan for Norway on Monday. The union said on Tuesday that 400 workers would strike. "
        "Union leaders said talks had failed."
    )
    document = clean_document(text.encode(), "text/plain", "utf-8")
    claimants = [c.claimant for c in claims_of("a", document.text, document.blocks, DAY) if c.cue]
    assert claimants == [("union",), ("union leaders",)]


def test_a_warning_behind_and_attributes_nothing_before_it():
    claim = claim_with("Jansen closed the bridge on Monday, and the judge warned him to stop.", "closed the bridge")
    assert claim.claimant == ("narrator",)
