"""`python -m inventory.worker`: consumes inventory's queue and gives back what has expired.

SIGTERM or SIGINT: no more messages are taken, those at hand are finished, the exit code is 0.
A poller that hangs ends the process with exit code 70, without waiting for anything; whoever runs
the container sees by `python -m inventory.health` that the process as a whole hangs.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Mapping
from functools import partial

from common.events import Envelope
from common.observability import correlated, logger, span
from common.queues import EventHandler, consume
from inventory import bootstrap, health
from inventory.consumer import Message, MessageHandler, QueueConsumer
from inventory.logic import Decision, Reservations
from inventory.telemetry import count

SERVICE = "inventory"
CHECK_SECONDS = 5.0
STALLED = 70
EVENTS: Mapping[str, Callable[[Reservations, Envelope], Decision]] = {
    "OrderPlaced": Reservations.place,
    "OrderConfirmed": Reservations.confirm,
    "OrderCancelled": Reservations.cancel,
}


def message_handler(reservations: Reservations) -> MessageHandler:
    """Handles one message of the queue; its result says whether the message is done with."""
    handlers: dict[str, EventHandler] = {
        kind: _counted(partial(decide, reservations)) for kind, decide in EVENTS.items()
    }

    def handle(message: Message) -> bool:
        done = consume(SERVICE, message.message_id, message.body, message.traceparent, handlers)
        if not done:
            count("EventsFailed")
        return done

    return handle


def _counted(decide: Callable[[Envelope], Decision]) -> EventHandler:
    def handle(envelope: Envelope) -> None:
        decision = decide(envelope)
        if decision is not Decision.NOTHING:
            count(decision.value)

    return handle


def sweep(reservations: Reservations, stop: threading.Event) -> None:
    """Release every reservation whose time is over; one that fails is left for the next sweep."""
    for reservation in reservations.expired():
        if stop.is_set():
            return
        with correlated(reservation.correlation_id):
            try:
                with span(f"{SERVICE} expire", order_id=reservation.order_id):
                    decision = reservations.expire(reservation)
            except Exception:
                logger.exception("expiry failed", extra={"order_id": reservation.order_id})
                continue
            logger.info(
                "expiry", extra={"order_id": reservation.order_id, "decision": decision.value}
            )
            if decision is Decision.RELEASED:
                count("ReservationExpired")


def sweep_until(stop: threading.Event, reservations: Reservations, seconds: float) -> None:
    """Sweep at once and every `seconds` from then on, whatever one sweep meets."""
    while True:
        try:
            sweep(reservations, stop)
        except Exception:
            logger.exception("sweep failed")
        if stop.wait(seconds):
            return


def await_signal(asked_to_stop: set[signal.Signals], consumer: QueueConsumer) -> signal.Signals:
    """The signal that came; a worker whose pollers hang ends here, and a new task replaces it.

    A process that was stopped for longer than a check and goes on is given no signal, or one that
    does not exist (python/cpython, `sigtimedwait` after EINTR).
    """
    while True:
        received = signal.sigtimedwait(asked_to_stop, CHECK_SECONDS)
        if received is not None and received.si_signo in asked_to_stop:
            return signal.Signals(received.si_signo)
        if stalled := consumer.stalled():
            logger.critical("worker ends: pollers hang", extra={"pollers": stalled})
            os._exit(STALLED)


def main() -> None:
    """Run until a signal asks to stop; the threads inherit that it is not theirs to take."""
    asked_to_stop = {signal.SIGTERM, signal.SIGINT}
    signal.pthread_sigmask(signal.SIG_BLOCK, asked_to_stop)
    stop = threading.Event()
    reservations = bootstrap.reservations()
    consumer = bootstrap.consumer(message_handler(reservations))
    environment = bootstrap.worker_environment()
    interval = environment.inventory_sweep_seconds
    sweeper = threading.Thread(target=sweep_until, args=(stop, reservations, interval))
    sweeper.start()
    pollers = consumer.start(stop)
    answering = health.serve(environment.inventory_health_port, lambda: not consumer.stalled())
    logger.info("worker started", extra={"pollers": len(pollers)})
    try:
        received = await_signal(asked_to_stop, consumer)
        logger.info("worker stops", extra={"signal": received.name})
    finally:
        stop.set()
    for thread in [*pollers, sweeper]:
        thread.join()
    answering.shutdown()
    answering.server_close()


if __name__ == "__main__":
    main()
