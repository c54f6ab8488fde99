"""Every quarter of an hour: set right what events, executions and people left wrong."""

from onmodel.contracts.operations import Reconciled, ReconcileEvent
from onmodel.handler import entry
from onmodel.steps.reconcile import Reconcile
from onmodel.steps.recovery import Leases
from onmodel.wiring import now, services


@entry(ReconcileEvent)
def handler(_event: ReconcileEvent) -> Reconciled:
    wired = services()
    environment = wired.environment
    leases = Leases(
        registry=wired.registry,
        studio=wired.studio,
        executions=wired.executions,
        mailbox=wired.mailbox,
        clock=now,
        quiet_seconds=environment.quiet_seconds,
        train_model_arn=environment.train_model_arn,
    )
    return Reconcile(
        registry=wired.registry,
        trainer=wired.trainer,
        executions=wired.executions,
        clock=now,
        leases=leases,
        deploy_model_arn=environment.deploy_model_arn,
        retire_model_arn=environment.retire_model_arn,
    ).run()
