from __future__ import annotations

from onmodel_local.standins.faults import InjectedFault, Steering


def test_take_when_text_is_given_then_only_requests_with_it() -> None:
    steering = Steering()
    steering.order(
        InjectedFault("bedrock-runtime", "InvokeModel", "ThrottlingException", text="Buck")
    )
    assert steering.take("bedrock-runtime", "InvokeModel", "Frank flies") is None
    assert steering.take("bedrock-runtime", "InvokeModel", "Buck hops") is not None
    assert steering.take("bedrock-runtime", "InvokeModel", "Buck hops") is None


def test_take_when_times_is_none_then_until_cleared() -> None:
    steering = Steering()
    steering.order(InjectedFault("rekognition", "DetectLabels", "ThrottlingException", times=None))
    assert all(steering.take("rekognition", "DetectLabels", "") for _ in range(5))
    steering.clear()
    assert steering.take("rekognition", "DetectLabels", "") is None


def test_odd_answer_when_ordered_then_no_error_is_taken() -> None:
    steering = Steering()
    steering.order(InjectedFault("bedrock-runtime", "Converse", answer="filtered"))
    assert steering.take("bedrock-runtime", "Converse", "") is None
    assert steering.odd_answer("bedrock-runtime", "Converse", "") == "filtered"
    assert steering.odd_answer("bedrock-runtime", "Converse", "") is None
