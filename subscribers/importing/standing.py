"""What a file says of a reader: agreed, left, bounced or complained; and in which words."""

from enum import StrEnum
from functools import lru_cache
from unicodedata import category, normalize

from subscribers.states import SuppressionReason


class Standing(StrEnum):
    """Whether a row may be mailed, from the least restrictive to the most."""

    ACTIVE = "active"
    UNCONFIRMED = "unconfirmed"
    WITHOUT_CONSENT = "without consent"
    ENDED = "ended"
    BOUNCED = "bounced"
    LEFT = "unsubscribed"
    BLOCKED = "blocked"
    COMPLAINED = "complained"

    @property
    def severity(self) -> int:
        """Of several that a file gives for one address, the one with the highest holds."""
        return SEVERITY[self]

    @property
    def reason(self) -> SuppressionReason | None:
        """The suppression that keeps later lists from bringing such a reader back."""
        return REASONS.get(self)


SEVERITY = {standing: index for index, standing in enumerate(Standing)}
REASONS = {
    Standing.BOUNCED: SuppressionReason.BOUNCE,
    Standing.LEFT: SuppressionReason.UNSUBSCRIBE,
    Standing.BLOCKED: SuppressionReason.MANUAL,
    Standing.COMPLAINED: SuppressionReason.COMPLAINT,
}


def standing_of(reason: str) -> Standing:
    """The standing of readers who are suppressed for a reason."""
    return next(standing for standing, leads_to in REASONS.items() if leads_to == reason)


# The values of Mailchimp, Substack, beehiiv, Buttondown, listmonk, Ghost, Kit, MailerLite, Brevo,
# Keila, Sendy, Campaign Monitor, Klaviyo, phpList and our own export, and their translations.
VALUES = {
    Standing.ACTIVE: """
        active, subscribed, enabled, confirmed, regular, premium, paid, free, gifted, comped,
        opted in, opt-in, double opt-in, single opt-in, explicitly opted in, subscriber, express,
        consented, granted, accepted, aktiv, abonniert, angemeldet, bestätigt, eingetragen, actif,
        abonné, inscrit, confirmé, activo, suscrito, confirmado, attivo, iscritto, confermato,
        ativo, inscrito, actief, ingeschreven, geabonneerd, aktywny, zapisany, активен, активный,
        подписан, подписчик, 購読中, 已订阅, 有効
    """,
    Standing.UNCONFIRMED: """
        pending, unconfirmed, unactivated, not confirmed, awaiting confirmation,
        confirmation pending, waiting, validating, unverified, invited, opt-in pending,
        double opt-in pending, awaiting opt-in, requested, unbestätigt, ausstehend,
        nicht bestätigt, wartend, en attente, non confirmé, pendiente, sin confirmar, in attesa,
        non confermato, pendente, não confirmado, in afwachting, niet bevestigd, oczekujący,
        ожидает, не подтвержден
    """,
    Standing.WITHOUT_CONSENT: """
        never subscribed, non-subscribed, not subscribed, non-subscriber, not opted in,
        no consent, without consent, transactional, nicht abonniert, nicht angemeldet, non abonné,
        non inscrit, no suscrito, non iscritto, não inscrito
    """,
    Standing.ENDED: "ended",
    Standing.BOUNCED: """
        bounced, bounce, hard bounce, hard bounced, cleaned, undeliverable, undelivered,
        unreachable, invalid, invalid email, nonexistent, no such mailbox, unzustellbar,
        zurückgewiesen, ungültig, rejeté, invalide, rebotado, inválido, non valido, onbestelbaar,
        недоставлено
    """,
    Standing.LEFT: """
        unsubscribed, unsubscribe, unsubscriber, opted out, opt-out, cancelled, canceled, left,
        inactive, deactivated, deleted, archived, expired, churned, no longer subscribed, revoked,
        withdrawn, erasure, abgemeldet, ausgetragen, gekündigt, inaktiv, gelöscht, abbestellt,
        désabonné, désinscrit, inactif, résilié, supprimé, baja, de baja, dado de baja, cancelado,
        inactivo, eliminado, desuscrito, no suscrito más, disiscritto, cancellato, inattivo,
        descadastrado, inativo, afgemeld, uitgeschreven, inactief, wypisany, nieaktywny, отписан,
        отписался, неактивен, 退订, 已退订, 配信停止, 解除
    """,
    Standing.BLOCKED: """
        blocklisted, blacklisted, blocked, disabled, suppressed, do not contact, do not email,
        do not mail, dnc, banned, removed, manual, manually suppressed, gesperrt, blockiert,
        nicht kontaktieren, bloqué, ne pas contacter, bloqueado, no contactar, bloccato,
        geblokkeerd, заблокирован
    """,
    Standing.COMPLAINED: """
        complained, complaint, complainer, spam, spammed, marked as spam, spam complaint,
        spam reported, reported spam, reported as spam, abuse, abuse complaint, junk, beschwerde,
        plainte, queja, reclamação, lamentela, klacht
    """,
}
YES = """
    true, yes, y, t, 1, x, on, ja, j, oui, o, sí, s, sì, sim, tak, да, wahr, vrai, verdadero, ✓,
    ✔, ☑, はい, 是
"""
NO = """
    false, no, n, f, 0, off, nein, non, não, nie, nee, нет, falsch, faux, falso, none, null, nil,
    undefined, n/a, na, nan, never, empty, leer, vide, keine, aucun, ninguno, nessuno, いいえ, 否,
    not set, unset
"""
LONGEST_VALUE = 60  # characters; a longer cell is text

# Words of a reason, such as "unsubscribed by admin" or "550 hard bounce".
STEMS = (
    (("complain", "spam", "abuse", "beschwerde"), Standing.COMPLAINED),
    (("donotcontact", "donotemail", "blocklist", "blacklist"), Standing.BLOCKED),
    (("unsub", "optedout", "optout", "abgemeldet", "desinscri", "desabonn"), Standing.LEFT),
    (("bounce", "undeliverable", "unzustellbar"), Standing.BOUNCED),
)
DENIALS = ("not", "never", "nicht", "soft")
ZERO_DATES = ("00010101", "19700101", "18991230")  # of Go, Unix and spreadsheets
_ASCII_KEPT = {code: None for code in range(128) if not chr(code).isalnum()}


def fold(text: str) -> str:
    """Letters and digits only, without case and accents: `Désabonné(e)` is `desabonnee`."""
    folded = text.casefold()
    if not folded.isascii():
        folded = "".join(c for c in normalize("NFKD", folded) if category(c) != "Mn")
        return "".join(filter(str.isalnum, folded))
    return folded.translate(_ASCII_KEPT)


def folded_set(words: str) -> frozenset[str]:
    """The words of a text, separated by commas."""
    return frozenset(fold(word) or word.strip() for word in words.split(","))


WORDS = {word: standing for standing, words in VALUES.items() for word in folded_set(words)}
TRUE_WORDS, FALSE_WORDS = folded_set(YES), folded_set(NO)


@lru_cache(maxsize=65_536)
def word_of(cell: str) -> Standing | None:
    """The standing that a cell names by one of the known values."""
    return None if len(cell) > LONGEST_VALUE else WORDS.get(fold(cell))


def reason_of(cell: str) -> Standing | None:
    """The standing that a cell names in a longer text; the other way round is never guessed."""
    folded = fold(cell)
    if folded.startswith(DENIALS):
        return None
    for stems, standing in STEMS:
        if any(stem in folded for stem in stems):
            return standing
    return None


def is_true(cell: str) -> bool:
    """`true`, `1`, `x`, `oui`, a tick."""
    return fold(cell) in TRUE_WORDS or cell.strip() in TRUE_WORDS


def is_false(cell: str) -> bool:
    """`false`, `0`, `nein`, an empty cell, and what tools write for a date that is not set."""
    folded = fold(cell)
    if not folded.strip("0"):
        return cell.strip() not in TRUE_WORDS
    return folded in FALSE_WORDS or folded.startswith(ZERO_DATES)
