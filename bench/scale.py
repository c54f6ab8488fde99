"""How long many films take on an account with given quotas: a simulation that anybody can run.

    make bench-scale                # the table of docs/scaling.md
    .venv/bin/python bench/scale.py --films 50 --minutes 10 --functions 10 --labels 50

The account is scale_account.py, the parameters are those that `onmodel doctor` proposes.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator

from scale_account import (
    INPUTS,
    LONGEST_SECONDS,
    Account,
    Load,
    Outcome,
    Retry,
    deployed_retry,
)

from onmodel_cli.sizing import AccountQuotas, propose

LOADS = (
    Load("1 × 2 h", 1, 120),
    Load("50 × 10 min", 50, 10),
    Load("50 × 2 h", 50, 120),
    Load("1,000 hours in a day", 500, 120, 86_400),
)
ACCOUNTS = {
    "new": AccountQuotas(executions=10, labels_per_second=50),
    "new, slow region": AccountQuotas(executions=10, labels_per_second=5),
    "grown": AccountQuotas(executions=1000, labels_per_second=50),
    "grown, 250 calls": AccountQuotas(executions=1000, labels_per_second=250),
}


RETRY_OF_BEFORE = Retry(attempts=16, interval=2, longest=120)
"""Of a chunk that found no free function, before films had a bound."""


def unbounded(load: Load, quotas: AccountQuotas) -> Outcome:
    """A load with the retries of before, where all films are prepared at once."""
    return simulate(
        load, quotas, parameters_for(quotas) | {"FilmsAtOnce": load.films}, RETRY_OF_BEFORE
    )


def parameters_for(quotas: AccountQuotas) -> dict[str, int]:
    """As `onmodel doctor` proposes them."""
    return {proposal.parameter: proposal.value for proposal in propose(quotas)}


def simulate(
    load: Load,
    quotas: AccountQuotas,
    parameters: dict[str, int] | None = None,
    retry: Retry | None = None,
    seed: int = 1,
) -> Outcome:
    """A load on an account; with the proposed parameters and the deployed retries unless given."""
    account = Account(quotas, parameters or parameters_for(quotas), retry or deployed_retry(), seed)
    return account.run(load)


def limit(outcome: Outcome, load: Load, quotas: AccountQuotas) -> str:
    """The quota that was used most, and how much of it. Half of a new account is for films."""
    lasted, parameters = outcome.ended_at, parameters_for(quotas)
    for_films = parameters["FilmsAtOnce"] * parameters["MapConcurrency"]
    shares = {
        "functions for films": outcome.function_seconds / lasted / for_films,
        "DetectLabels": outcome.calls / lasted / quotas.labels_per_second,
    }
    most = max(shares, key=lambda name: shares[name])
    if load.over_seconds and outcome.ended_at < load.over_seconds * 1.1:
        return f"none ({most} {shares[most]:.0%})"
    return f"{most} {shares[most]:.0%}"


def time_of(seconds: float) -> str:
    hours, rest = divmod(round(seconds), 3600)
    return f"{hours} h {rest // 60:02d} min" if hours else f"{rest // 60} min {rest % 60:02d} s"


def row(load: Load, name: str, quotas: AccountQuotas, outcome: Outcome) -> str:
    parameters = parameters_for(quotas)
    ordered = sorted(outcome.done)
    cells = (
        name,
        load.name,
        f"{parameters['FilmsAtOnce']} × {parameters['MapConcurrency']}",
        time_of(outcome.ended_at),
        time_of(ordered[len(ordered) // 2]) if ordered else "–",
        str(outcome.failed),
        f"${outcome.usd():,.2f}",
        limit(outcome, load, quotas),
    )
    return "| " + " | ".join(cells) + " |"


HEAD = (
    "| account | films | films × chunks at once | all are done after | a film, from its upload "
    "(median) | failed | cost | quota used most |\n|---|---|---|---|---|---|---|---|"
)


def table(most_hours: float) -> Iterator[str]:
    """The table of docs/scaling.md, line by line.

    Args:
        most_hours: of film in one load; larger loads are left out.
    """
    yield HEAD
    for name, quotas in ACCOUNTS.items():
        for load in LOADS:
            minutes = load.films * load.minutes
            calls_alone = minutes * INPUTS.labels_a_minute / quotas.labels_per_second
            if minutes > most_hours * 60:
                continue
            if calls_alone > LONGEST_SECONDS:  # films would be given up, and it takes hours
                taken = f"more than a week: its calls alone take {time_of(calls_alone)}"
                yield f"| {name} | {load.name} | – | {taken} | – | – | – | DetectLabels |"
            else:
                yield row(load, name, quotas, simulate(load, quotas))


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument(
        "--films", type=int, help="uploaded at once; without it, the whole table"
    )
    arguments.add_argument("--minutes", type=int, default=10, help="of each film")
    arguments.add_argument("--functions", type=float, default=10, help="concurrent executions")
    arguments.add_argument("--labels", type=float, default=50, help="DetectLabels calls a second")
    arguments.add_argument(
        "--unbounded", action="store_true", help="all films at once, with the retries of before"
    )
    arguments.add_argument("--hours", type=float, default=1e6, help="the table's largest load")
    given = arguments.parse_args()
    if given.films is None:
        for line in table(given.hours):
            print(line, flush=True)
        return
    load = Load(f"{given.films} × {given.minutes} min", given.films, given.minutes)
    quotas = AccountQuotas(given.functions, given.labels)
    outcome = unbounded(load, quotas) if given.unbounded else simulate(load, quotas)
    print(f"{HEAD}\n{row(load, 'yours', quotas, outcome)}")


if __name__ == "__main__":
    sys.exit(main())
