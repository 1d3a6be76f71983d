"""Makes the one queue of the app "jobs" that is there already, with another delay than the app declares."""

import boto3

print(boto3.client("sqs").create_queue(
    QueueName="jobs-old", Attributes={"DelaySeconds": "1"},
    tags={"pcf:app": "jobs", "pcf:environment": "dev", "pcf:version": "1.0.0", "pcf:particle": "old"},
)["QueueUrl"], end="")
