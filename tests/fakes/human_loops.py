"""Human loops that end when a test says so."""

from __future__ import annotations

from onmodel.contracts.human_loops import HumanLoopStatus, LoopContent
from onmodel.errors import HumanLoopsImpossible
from onmodel.ports.human_loops import HumanLoopState
from onmodel.ports.storage import ObjectStore


class InMemoryHumanLoops:
    """Keeps what was started; writes answers as A2I does.

    Args:
        studio: takes the answers.
    """

    def __init__(self, studio: ObjectStore) -> None:
        self._studio = studio
        self.states: dict[str, HumanLoopState] = {}
        self.contents: dict[str, LoopContent] = {}
        self.started: list[str] = []
        self.stopped: list[str] = []
        self.impossible = False

    def start(self, name: str, content: str) -> None:
        if self.impossible:
            raise HumanLoopsImpossible("A2I refuses it", "Look at the flow definition")
        if name not in self.states:
            self.states[name] = HumanLoopState(status=HumanLoopStatus.STARTED)
            self.contents[name] = LoopContent.model_validate_json(content)
            self.started.append(name)

    def look(self, name: str) -> HumanLoopState | None:
        return self.states.get(name)

    def stop(self, name: str) -> None:
        state = self.states.get(name)
        if state is not None and state.status is HumanLoopStatus.STARTED:
            self.stopped.append(name)
            self.states[name] = HumanLoopState(status=HumanLoopStatus.STOPPED)

    def fail(self, name: str, reason: str) -> HumanLoopState:
        self.states[name] = HumanLoopState(status=HumanLoopStatus.FAILED, reason=reason)
        return self.states[name]

    def answer(self, name: str, *answers: dict[str, object]) -> HumanLoopState:
        """End a loop; each answer has the fields of the form. What it leaves out is kept."""
        import json

        content = self.contents[name]
        kept = {f"verdict-{picture.id}": {"keep": True} for picture in content.pictures}
        output = {
            "inputContent": content.model_dump(mode="json"),
            "humanAnswers": [{"answerContent": kept | said} for said in answers or ({},)],
        }
        key = f"human-loops/onmodel-review/2026/11/22/09/12/40/{name}/output.json"
        self._studio.put(key, json.dumps(output).encode(), "application/json")
        self.states[name] = HumanLoopState(
            status=HumanLoopStatus.COMPLETED, output_uri=f"s3://{self._studio.bucket}/{key}"
        )
        return self.states[name]
