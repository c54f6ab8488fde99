"""What Lambda tells a handler of its invocation."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class Context:
    """The second argument of a handler."""

    function_name: str = "under_test"
    memory_limit_in_mb: int = 128
    invoked_function_arn: str = "arn:aws:lambda:us-east-1:123456789012:function:under_test"
    aws_request_id: str = "r-1"
    seconds_left: float = 900

    def get_remaining_time_in_millis(self) -> int:
        return round(self.seconds_left * 1000)
