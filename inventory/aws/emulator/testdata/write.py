"""Makes one resource, so that a test can see that something changed."""

import boto3

boto3.client("sqs").create_queue(QueueName="emulator-test-queue")
print("made")
