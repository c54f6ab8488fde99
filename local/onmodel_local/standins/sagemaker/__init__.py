"""SageMaker training jobs: control plane, states in scaled time, events, a process for each job.

A job runs its own program with SageMaker's folders in a temporary place. Names, limits, states,
errors and events are SageMaker's.
"""
