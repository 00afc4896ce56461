"""`/metrics` in the text format of Prometheus. The only file that imports prometheus_client.

Every number is read at the scrape: from the database what all processes share, from the
worker of this process what relays replied to it. No label is about a reader.
"""

from collections.abc import Iterable, Iterator

from fastapi import APIRouter
from fastapi.responses import PlainTextResponse, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from digest.delivery.sending.worker import Worker
from digest.errors import DatabaseUnavailable
from digest.services.installation.metrics import Metrics, read_metrics
from digest.web.http.dependencies import EmbeddedWorker, Installation, Measuring

router = APIRouter()


@router.get("/metrics")
async def metrics(app: Installation, worker: EmbeddedWorker, measuring: Measuring) -> Response:
    """The current numbers; 503 while the database does not answer."""
    try:
        # One scrape at a time: each takes a database connection that sending needs too.
        async with measuring:
            found = await read_metrics(app)
    except DatabaseUnavailable:
        return PlainTextResponse("no database\n", 503)
    registry = CollectorRegistry()
    registry.register(_Scrape(found, worker))
    return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)


class _Scrape(Collector):
    """The numbers of one scrape, as families of metrics."""

    def __init__(self, found: Metrics, worker: Worker | None) -> None:
        self._found, self._worker = found, worker

    def collect(self) -> Iterator[Metric]:
        yield from _shared(self._found)
        if self._worker is not None:
            yield from _own(self._worker)


def _shared(found: Metrics) -> Iterator[Metric]:
    yield _gauge(
        "digest_deliveries",
        "Deliveries of the last 7 days and of all open mailings.",
        ("kind", "state"),
        found.deliveries.items(),
    )
    yield _gauge(
        "digest_mailings",
        "Mailings of the last 7 days and all open ones.",
        ("kind", "state"),
        found.mailings.items(),
    )
    yield _gauge(
        "digest_issues",
        "Issues by state.",
        ("state",),
        (((state,), count) for state, count in found.issues.items()),
    )
    yield _gauge(
        "digest_readers",
        "Subscriptions by edition and state.",
        ("edition", "state"),
        found.readers.items(),
    )
    yield _counter(
        "digest_signups",
        "Sign-ups by what became of them; after a colon the cap that was reached.",
        ("outcome",),
        (((outcome,), count) for outcome, count in found.signups.items()),
    )
    yield _gauge(
        "digest_signups_waiting",
        "Sign-ups whose mail waits for a cap, or that nobody has looked at yet.",
        ("cap",),
        (((cap,), count) for cap, count in found.signups_waiting.items()),
    )
    yield GaugeMetricFamily(
        "digest_queue_age_seconds",
        "How long the oldest delivery that is due has waited.",
        value=found.queue_age,
    )
    yield _gauge(
        "digest_schedule_lag_seconds",
        "How long ago the oldest unsent slot or scheduled issue should have been sent.",
        ("edition",),
        (((edition,), seconds) for edition, seconds in found.lag.items()),
    )
    yield GaugeMetricFamily(
        "digest_clock_held",
        "1 while a clock that jumped back holds the schedule.",
        value=float(found.clock_held),
    )


def _own(worker: Worker) -> Iterator[Metric]:
    tally = worker.tally
    yield GaugeMetricFamily(
        "digest_worker_up", "1 while this process' worker may send.", value=float(worker.alive)
    )
    yield CounterMetricFamily(
        "digest_accepted",
        "Deliveries that a relay accepted from this process; its rate is the sending rate.",
        value=tally.accepted,
    )
    yield _counter(
        "digest_replies",
        "Replies that decided a try, by route, class and enhanced code.",
        ("route", "class", "enhanced"),
        tally.replies.items(),
    )
    yield _counter(
        "digest_domain_replies",
        "The same replies by the recipient's mailbox provider, where it is a large one.",
        ("domain", "class"),
        tally.domains.items(),
    )
    yield _counter(
        "digest_relay_troubles",
        "Times that a relay could not be used: no connection, or it refused to work.",
        ("route",),
        (((route,), count) for route, count in tally.troubles.items()),
    )


def _gauge(
    name: str,
    help_: str,
    labels: tuple[str, ...],
    samples: Iterable[tuple[tuple[str, ...], float]],
) -> Metric:
    family = GaugeMetricFamily(name, help_, labels=labels)
    for values, value in sorted(samples):
        family.add_metric(values, value)
    return family


def _counter(
    name: str,
    help_: str,
    labels: tuple[str, ...],
    samples: Iterable[tuple[tuple[str, ...], float]],
) -> Metric:
    family = CounterMetricFamily(name, help_, labels=labels)
    for values, value in sorted(samples):
        family.add_metric(values, value)
    return family
