"""Read the feeds every hour with Airflow's operator for Beam.

The operator starts ``python -m pipeline --runner=DirectRunner --feeds=... --output=...`` in its own environment,
so that Airflow and communiqué share no packages. Standard output is one line of JSON, which ends up in the task's log.
"""

from datetime import datetime, timedelta

from airflow.providers.apache.beam.operators.beam import BeamRunPythonPipelineOperator
from airflow.sdk import DAG

with DAG(
    "communique",
    schedule="@hourly",
    start_date=datetime(2025, 1, 1),
    catchup=False,
    max_active_runs=1,  # one at a time writes to an output
):
    BeamRunPythonPipelineOperator(
        task_id="read_feeds",
        runner="DirectRunner",
        py_interpreter="/opt/communique/.venv/bin/python",
        py_options=["-m"],
        py_file="pipeline",
        pipeline_options={
            "feeds": "/etc/communique/feeds.txt",
            "output": "/var/lib/communique/tables",
            "json": True,
        },
        retries=3,
        retry_delay=timedelta(minutes=5),
    )
