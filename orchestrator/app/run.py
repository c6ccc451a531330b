"""The verbs `run` and `plan`: from an order to an ending."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.app import grace
from orchestrator.app.crew import read_crew
from orchestrator.app.dry_run import dry_run_lines
from orchestrator.app.folder import JOURNAL, kept_if_begun
from orchestrator.app.idling import busy, dry
from orchestrator.app.keeping import Keeper
from orchestrator.app.models import model_notices, open_model, price_list, service_of
from orchestrator.app.opening import open_run
from orchestrator.app.sandboxes import sheltered, tell
from orchestrator.app.signing import refuse_contradictions
from orchestrator.app.surroundings import asked_before, scene_of, started, taken_over
from orchestrator.app.wiring import Parts, wire
from orchestrator.domain.errors import NotAuthorisedError, OrchestratorError, TakenOverError
from orchestrator.domain.event import Noted, RunEnded
from orchestrator.domain.outcome import NoteLevel
from orchestrator.rendering.templates import Templates
from orchestrator.sandbox.watchdog import end_children
from orchestrator.scheduling.workers import CancelToken, lock
from orchestrator.stages.endings import cancelled, outcome_of_error
from orchestrator.stages.pipeline import run_pipeline
from orchestrator.stages.preflight.order import look_around
from orchestrator.stages.upstream import BranchPush, Upstream
from orchestrator.telemetry.checkpoint import Checkpoint
from orchestrator.telemetry.journal import Journal

if TYPE_CHECKING:
    from orchestrator.app.desk import Desk
    from orchestrator.app.opening import Opened
    from orchestrator.app.order import Order
    from orchestrator.app.sandboxes import Shelter
    from orchestrator.domain.event import Event
    from orchestrator.domain.outcome import Outcome
    from orchestrator.llm.pricing import PriceList
    from orchestrator.stages.context import RunContext
    from orchestrator.stages.publish import Publisher

_PLAYED = "A script played the model: tokens and cost are estimates, and nothing was paid."


def carry_out(order: Order, desk: Desk) -> int:
    """Make one run and return its exit code; reports, job summary and outputs are written.

    Raises:
        OrchestratorError: The run could not even begin.
    """
    if order.script is None and not order.inputs.dry_run:
        refuse_contradictions(order.inputs, desk)
    with kept_if_begun(order.output):
        opened = open_run(order, desk)
    return _Run(opened).go()


class _Run:
    """A run that was admitted."""

    def __init__(self, opened: Opened) -> None:
        self._opened = opened
        self._order = opened.order
        self._desk = opened.desk
        self._place = opened.place
        self._repository = opened.repository
        self._base = opened.base
        self._files = opened.files
        self._loaded = opened.loaded
        self._admitted = opened.admitted
        self._past = opened.past
        self._early = opened.early
        self._templates = Templates()
        self._number = opened.admitted.issue.number
        self._branch = opened.branch
        saved = opened.past.saved if opened.past is not None else None
        self._checkpoint = Checkpoint(saved.entries if saved is not None else ())
        path = opened.order.output / JOURNAL
        if saved is not None:
            path.write_bytes(self._checkpoint.content())
        self._journal = Journal(
            path, clock=self._desk.clock, redactor=self._desk.redactor, lock=lock()
        )
        state = opened.past.state if opened.past is not None else None
        self._keeper = Keeper(state, self._checkpoint, self._journal)

    def go(self) -> int:
        desk, journal = self._desk, self._journal
        # What is kept comes first: a console can fail.
        journal.subscribe(self._checkpoint.hear)
        journal.subscribe(desk.console.hear)
        journal.write(started(self._opened))
        try:
            self._begin()
            outcome = self._idle() or self._work()
        except OrchestratorError as error:
            outcome = self._ended(outcome_of_error(error))
            desk.console.fail(str(error), error.hint)
        except KeyboardInterrupt:
            self._ended(cancelled())
            raise  # Cut off: what is not told is left to `tidy`.
        finally:
            grace.end()
            self._report()
            journal.close()
        return outcome.exit_code

    def _begin(self) -> None:
        """Put on record what was known before there was a journal."""
        journal = self._journal
        before = taken_over(self._opened, journal.record)
        for event in (*before, *self._early, *asked_before(self._opened)):
            journal.write(event)
        for text in (*self._base.notices, *self._loaded.notices):
            journal.write(Noted(level=NoteLevel.NOTICE, text=text))

    def _work(self) -> Outcome:
        order = self._order
        try:
            with (
                self._keeper.claimed(),
                sheltered(
                    self._desk,
                    self._loaded.settings,
                    asked=order.inputs.sandbox,
                    unconfined=order.unconfined,
                ) as shelter,
            ):
                tell(shelter, self._say)
                return self._pipeline(shelter)
        except TakenOverError as error:
            if self._keeper.is_claimed:
                raise
            return self._ended(busy(self._number, who=str(error)))
        except NotAuthorisedError as error:
            if self._keeper.is_claimed:
                raise
            return self._forbidden(error)

    def _forbidden(self, error: NotAuthorisedError) -> Outcome:
        """End before anything was begun, and say on the issue what the token may not do."""
        outcome = self._ended(outcome_of_error(error))
        self._desk.console.fail(str(error), error.hint)
        if not self._order.plan_only:
            self._publisher(self._upstream()).announce()
        return outcome

    def _pipeline(self, shelter: Shelter) -> Outcome:
        settings, journal = self._loaded.settings, self._journal
        prices = price_list(settings.models)
        self._warn_of_models(prices)
        if self._order.script is not None:
            journal.write(Noted(level=NoteLevel.NOTICE, text=_PLAYED))
        cancel = CancelToken()
        self._keeper.on_taken_over = cancel.cancel
        model = open_model(self._order, self._desk, settings.models, prices, cancel)
        is_gateway = self._order.inputs.anthropic_base_url is not None
        upstream = self._upstream()
        publisher = None if self._order.plan_only else self._publisher(upstream)
        parts = Parts(
            order=self._order,
            desk=self._desk,
            run_id=self._order.run_id,
            settings=settings,
            admitted=self._admitted,
            repository_name=self._place.facts.full_name,
            repository=self._repository,
            base=self._base,
            files=self._files,
            journal=journal,
            templates=self._templates,
            model=model,
            service=service_of(model, settings.models, is_gateway=is_gateway),
            prices=prices,
            cancel=cancel,
            sandbox=shelter.sandbox,
            setup_secrets=self._opened.setup_secrets,
            scene=scene_of(self._opened, journal, upstream),
            head=self._journal.record.head,
            trees=shelter.folder / "trees",
        )

        def show(context: RunContext) -> None:
            if context.journal.record.spend_lines:
                from orchestrator.stages.mentions import resolve_mentions

                resolve_mentions(context)
            # Before it is shown: what is on the branch and on no record is somebody else's.
            self._keeper.save()
            if publisher is None:
                return
            if context.branch.is_empty:
                publisher.say()
            else:
                publisher.show(context.branch.head)

        try:
            return run_pipeline(wire(parts, show), publisher, plan_only=self._order.plan_only)
        finally:
            # Of a run that was stopped, agents may still be waiting for a command.
            end_children()

    def _warn_of_models(self, prices: PriceList) -> None:
        for notice in model_notices(self._loaded.settings.models, prices):
            self._journal.write(Noted(level=NoteLevel.WARNING, text=notice))

    def _say(self, event: Event) -> None:
        self._journal.write(event)

    def _upstream(self) -> Upstream:
        return Upstream(
            self._repository,
            self._place.remote,
            base=self._base,
            branch=self._branch,
            issue_number=self._number,
        )

    def _publisher(self, upstream: Upstream) -> Publisher:
        from orchestrator.stages.publish import Publisher, Target

        return Publisher(
            writer=self._place.writer,
            push=BranchPush(self._repository, self._place.remote, upstream),
            journal=self._journal,
            target=Target(
                issue_number=self._number,
                branch=self._branch,
                base_branch=self._base.branch,
                waiting_label=self._loaded.settings.preflight.label,
                issue_labels=self._admitted.issue.labels,
            ),
            templates=self._templates,
            hold=self._keeper.hold,
            keep=self._keeper.keep,
            there=upstream.branch_commit,
            is_open=lambda number: self._place.reader.issue(number).is_open,
        )

    def _idle(self) -> Outcome | None:
        """Return how a run ends that is not to do anything, or `None`."""
        if self._order.inputs.dry_run:
            return self._dry()
        owner = self._past.busy if self._past is not None else None
        return None if owner is None else self._ended(busy(self._number, who=owner.run))

    def _dry(self) -> Outcome:
        """End before anything costs or leaves; say what would have been done with what."""
        read_crew(self._loaded.settings, self._files)
        for text in dry_run_lines(self._loaded.settings):
            self._journal.write(Noted(level=NoteLevel.NOTICE, text=text))
        self._warn_of_models(price_list(self._loaded.settings.models))
        stop = look_around(scene_of(self._opened, self._journal, self._upstream()))
        return self._ended(stop or dry())

    def _ended(self, outcome: Outcome) -> Outcome:
        self._journal.write(RunEnded(outcome=outcome))
        return outcome

    def _report(self) -> None:
        from orchestrator.app.tidying import remember_summary
        from orchestrator.metrics.outputs import outputs
        from orchestrator.rendering.reports import files_of_run
        from orchestrator.stages.reports import write_reports
        from orchestrator.telemetry.replay import read_journal

        desk, record = self._desk, self._journal.record
        files = write_reports(self._templates, read_journal(self._journal.path), self._order.output)
        desk.actions.append_summary(
            files.summary.read_text(encoding="utf-8"), files=files_of_run(desk.runner.run_url or "")
        )
        remember_summary(desk, issue_number=self._number)
        desk.actions.set_outputs(
            outputs(
                record,
                plan_file=files.plan if record.plan is not None else None,
                report_file=files.page,
                journal_file=self._order.output / JOURNAL,
                metrics_file=files.metrics,
            )
        )
        desk.console.close()
