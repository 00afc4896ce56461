"""What the headings of a file mean: which column has the address, and which tell who left."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from subscribers.errors import UnreadableFile
from subscribers.importing.standing import Standing, fold, folded_set

# A later group counts only where none of the former is there: beside an "email", an "address"
# is a street, and a second address of a contact is not the one they signed up with.
ADDRESS_HEADINGS = (
    folded_set(
        """
        "" email, email address, primary email, subscriber email, contact email, user email,
        member email, mail address, e-mail-adresse, e-mail-adress, mailadresse, adresse email,
        adresse e-mail, adresse mail, adresse de messagerie, adresse électronique,
        adresse courriel, courriel, courrier électronique, mél, correo, correo electrónico,
        dirección de correo electrónico, dirección de correo, dirección de email,
        dirección electrónica, indirizzo email, indirizzo e-mail, indirizzo di posta elettronica,
        posta elettronica, endereço de e-mail, endereço de email, endereço eletrónico,
        endereço eletrônico, correio eletrónico, correio eletrônico, e-mailadres, mailadres,
        adres e-mail, adres email, adres poczty elektronicznej, poczta elektroniczna, e-post,
        e-postadress, e-postadresse, e-posta, e-posta adresi, eposta, sähköposti,
        sähköpostiosoite, e-mailová adresa, e-mailcím, email cím, adresă de e-mail,
        adresa de email, электронная почта, эл. почта, адрес электронной почты, емейл, имейл,
        почта, пошта, електронна пошта, メールアドレス, メール, eメール, 电子邮件, 电子邮箱, 邮箱,
        邮箱地址, 電子郵件, 電子郵件地址, 이메일, 이메일 주소, البريد الإلكتروني, אימייל,
        דואר אלקטרוני ""
        """
    ),
    folded_set(
        """
        e-mail 1 - value, e-mail 1 address, email 1, email1, work email, business email, recipient
        """
    ),
    folded_set(
        """
        mail, address, adresse, reader, subscriber
        """
    ),
)

STATE_HEADINGS = folded_set(
    """
    status, subscription status, subscriber status, email status, member status, contact status,
    marketing status, opt-in status, consent status, email marketing status,
    email subscription status, email permission status, mailing status, newsletter status,
    email marketing consent, statut, statut abonnement, abo-status, abonnementstatus, статус,
    状態, ステータス, 状态, 狀態, subscription state, subscriber state
    """
)
# A place is a state too, and a type may be a telephone's: these count if a value is a known one.
MAYBE_STATE = re.compile(
    r"state|estado|stato|etat|zustand|type|subscribertype|subscriptiontype|subscription|abonnement|abo"
    r"|situacao|situacion|.*(status|statut|статус)"
)
OTHER_STATES = re.compile(
    r".*(pay|paid|order|billing|stripe|plan|lead|marital|employ|job|account|deal)"
)

# In this order: a column of reasons for bounces is not one of reasons for leaving.
NEGATIVE = tuple(
    (re.compile(pattern), standing)
    for pattern, standing in (
        (
            r"complain|spam(report|ed|at|date|time)|markedasspam|reportedspam|isspam|^spam$|^abuse"
            r"|beschwerde|plainte",
            Standing.COMPLAINED,
        ),
        (
            r"hardbounce|bouncedat|bouncedon|bouncedate|bouncetime|bouncereason|bouncetype|bounced$|^bounce$"
            r"|datebounced|clean(ed|time|at|date)|undeliverable|unzustellbar|invalid(email|at|date|address)"
            r"|emailinvalid|isinvalid",
            Standing.BOUNCED,
        ),
        (
            r"donot(contact|email|mail|send)|^dnc|block(list|ed)|blacklist|suppress|banned"
            r"|nicht(kontaktieren|anschreiben)|keine(werbung|email|mail)|kontaktsperre|werbesperre|gesperrt"
            r"|necpascontacter|nepascontacter|nepasenvoyer|nocontactar|noenviar|noncontattare"
            r"|naocontatar|nietcontacteren|несвязываться",
            Standing.BLOCKED,
        ),
        (
            r"unsub|opt(ed)?out|emaildisabled|disabled(at|on|date)?$|deleted|deletion|^ended(at|on)?$"
            r"|left(at|on|date)$|^left$|removed(at|on|date)|cancel(l)?ed(at|on)|cancell?ation|withdrawn"
            r"|revoked|deactivated|abgemeldet|abmelde|austrag|ausgetragen|widerruf|abbestell|geloscht"
            r"|desinscri|desabonn|suppressionle|desuscri|fechadebaja|^baja$|cancelacion|disiscri|cancellazione"
            r"|descadastr|afgemeld|uitgeschreven|uitschrij|wypis|отписа|退订|配信停止",
            Standing.LEFT,
        ),
    )
)
NOT_NEGATIVE = re.compile(
    r"url|link|campaign|token|page|hash|key|count|rate|total|number|softbounce|anzahl|nombre"
    r"|ip$|useragent"
)
# What a false value means: they were subscribed and are not, never agreed, or did not confirm.
POSITIVE = (
    (
        folded_set(
            """
            subscribed to emails, subscribed, is subscribed, email subscribed,
            subscribed to newsletter, receiving emails for, receives emails, receive emails,
            email enabled, emails enabled, enabled, active, is active, abonniert, angemeldet,
            abonné, inscrit, suscrito, iscritto, inscrito, ingeschreven, subscribed to email
            """
        ),
        Standing.LEFT,
    ),
    (
        folded_set(
            """
            opt-in, opted in, email opt-in, email opted in, is opted in, newsletter,
            newsletter opt-in, newsletter opted in, accepts marketing, accepts email marketing,
            accepts emails, marketing opt-in, marketing consent, marketing permission,
            marketing permissions, email consent, email permission, consent, consent given,
            has consent, gdpr consent, permission, permission to email, marketing emails,
            einwilligung, zustimmung, consentement, consentimiento, consenso, consentimento,
            toestemming, zgoda, согласие
            """
        ),
        Standing.WITHOUT_CONSENT,
    ),
    (
        folded_set(
            """
            confirmed, is confirmed, confirmed email, email confirmed, activated, double opt-in,
            double opt-in confirmed, doi, doi confirmed, bestätigt, confirmé, confirmado,
            confermato
            """
        ),
        Standing.UNCONFIRMED,
    ),
)


class Kind(Enum):
    """How the cells of a column are read."""

    STATE = "the words of a list of states"
    MAYBE_STATE = "the same, if one of them is known"
    NEGATIVE = "set where somebody left"
    POSITIVE = "set where somebody agreed"
    OWN_STATE = "the state in our own export"


@dataclass(frozen=True)
class StandingColumn:
    """A column that tells the standing: `standing` is what a set or an unset cell means."""

    position: int
    heading: str
    kind: Kind
    standing: Standing | None = None


def address_column(headings: Sequence[str]) -> int | None:
    """The position of the heading that means the address; None if there is none.

    `E-Mail Address` and `email_address` are the same heading. Raises `UnreadableFile`
    where two could be meant.
    """
    folded = [fold(heading) for heading in headings]
    for group in ADDRESS_HEADINGS:
        positions = [index for index, heading in enumerate(folded) if heading in group]
        if len(positions) > 1:
            first, second = positions[0] + 1, positions[1] + 1
            raise UnreadableFile(
                f"columns {first} and {second} both look like the address; name one with --column"
            )
        if positions:
            return positions[0]
    return None


def named_column(headings: Sequence[str], name: str, width: int) -> int:
    """The column that an option names, by heading or by number from 1. Raises `UnreadableFile`."""
    for same in (str, fold):
        wanted = same(name)
        if wanted in (names := [same(heading) for heading in headings]):
            return names.index(wanted)
    if name.isdecimal() and 1 <= int(name) <= width:
        return int(name) - 1
    known = ", ".join(headings) if headings else f"1 to {width}"
    raise UnreadableFile(f"there is no column {name!r}; there are: {known}")


def standing_column(position: int, heading: str) -> StandingColumn | None:
    """What a heading says about the standing of its readers; None for other columns."""
    folded = fold(heading)
    if folded in STATE_HEADINGS:
        return StandingColumn(position, heading, Kind.STATE)
    for headings, standing in POSITIVE:
        if folded in headings:
            return StandingColumn(position, heading, Kind.POSITIVE, standing)
    if not NOT_NEGATIVE.search(folded):
        for pattern, standing in NEGATIVE:
            if pattern.search(folded):
                return StandingColumn(position, heading, Kind.NEGATIVE, standing)
    if MAYBE_STATE.fullmatch(folded) and not OTHER_STATES.match(folded):
        return StandingColumn(position, heading, Kind.MAYBE_STATE)
    return None
