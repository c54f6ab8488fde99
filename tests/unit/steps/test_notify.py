import pytest
from fakes.deployment_in_memory import TRAINING, DeploymentInMemory
from fakes.films_in_memory import FilmsInMemory, run_of

from onmodel.contracts.trainings import TrainingStatus
from onmodel.errors import EventRefused
from onmodel.registry.kinds import MAILS


@pytest.mark.parametrize(
    ("kind", "said"), [("poem", "poem"), ("film_prepared", "a-00000001-aaaaaaaa")]
)
def test_notify_when_kind_or_run_are_unknown_then_refused(kind: str, said: str) -> None:
    world = FilmsInMemory()
    with pytest.raises(EventRefused, match=said):
        world.notify(kind, run_of())
    assert not world.mailbox.mails


def test_notify_when_asked_twice_then_one_mail_under_the_id_of_its_request() -> None:
    studio = DeploymentInMemory()
    studio.trainer.end(studio.job, TrainingStatus.FAILED)
    studio.claim()
    studio.notify("training_failed", TRAINING)
    studio.notify("training_failed", TRAINING)
    (mail,) = studio.mailbox.mails
    assert mail.correlation_id == "upload-1"
    (sent,) = MAILS.list(studio.registry, "bunny")
    assert sent.body.event == f"training_failed:{TRAINING}"
