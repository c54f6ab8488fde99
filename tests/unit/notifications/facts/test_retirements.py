from fakes.deployment_in_memory import TRAINING, DeploymentInMemory, caught, only_mail

DEPLOYMENT = f"{TRAINING}-1"


def test_retired_when_gone_then_bill_and_reason() -> None:
    studio = DeploymentInMemory()
    studio.creating()
    studio.clock.advance(hours=2)
    studio.stop()
    studio.bill()
    studio.notify("retired", DEPLOYMENT)
    subject, body = only_mail(studio)
    assert subject == "The model of bunny is switched off: $121.00 for 2 h"
    assert "its time is up" in body
    assert "$1.95 a month" in body


def test_stuck_when_the_machine_failed_then_the_mail_has_its_error() -> None:
    studio = DeploymentInMemory()
    studio.creating()
    studio.stop()
    studio.notify("retirement_stuck", DEPLOYMENT, **caught("ServiceError", "access denied"))
    subject, body = only_mail(studio)
    assert subject == "ALARM: the model of bunny cannot be switched off, $60.50/hour"
    assert "access denied." in body


def test_stuck_when_it_was_seen_to_be_gone_then_no_alarm_about_money() -> None:
    studio = DeploymentInMemory()
    studio.creating()
    studio.stop()
    studio.bill()
    studio.notify("retirement_stuck", DEPLOYMENT, **caught("ServiceError", "access denied"))
    subject, body = only_mail(studio)
    assert "$" not in subject
    assert "nothing of it bills" in body
