from fakes.deployment_in_memory import DeploymentInMemory, caught, only_mail


def test_alarm_when_a_storyboard_failed_then_what_and_how_to_go_on() -> None:
    studio = DeploymentInMemory()
    studio.notify(
        "alarm",
        "bunny",
        what="a storyboard was not drawn",
        advice="Upload it again",
        **caught("States.Timeout", "too slow"),
    )
    subject, body = only_mail(studio)
    assert subject == "ALARM: a storyboard was not drawn"
    assert "a step took longer than it may" in body
