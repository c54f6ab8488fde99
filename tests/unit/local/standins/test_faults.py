from __future__ import annotations

from onmodel_local.standins.faults import CallControl, InjectedFault


def test_take_when_text_is_given_then_only_requests_with_it() -> None:
    call_control = CallControl()
    call_control.order(
        InjectedFault("bedrock-runtime", "InvokeModel", "ThrottlingException", text="Buck")
    )
    assert call_control.take("bedrock-runtime", "InvokeModel", "Frank flies") is None
    assert call_control.take("bedrock-runtime", "InvokeModel", "Buck hops") is not None
    assert call_control.take("bedrock-runtime", "InvokeModel", "Buck hops") is None


def test_take_when_times_is_none_then_until_cleared() -> None:
    call_control = CallControl()
    call_control.order(
        InjectedFault("rekognition", "DetectLabels", "ThrottlingException", times=None)
    )
    assert all(call_control.take("rekognition", "DetectLabels", "") for _ in range(5))
    call_control.clear()
    assert call_control.take("rekognition", "DetectLabels", "") is None


def test_odd_answer_when_ordered_then_no_error_is_taken() -> None:
    call_control = CallControl()
    call_control.order(InjectedFault("bedrock-runtime", "Converse", answer="filtered"))
    assert call_control.take("bedrock-runtime", "Converse", "") is None
    assert call_control.odd_answer("bedrock-runtime", "Converse", "") == "filtered"
    assert call_control.odd_answer("bedrock-runtime", "Converse", "") is None
