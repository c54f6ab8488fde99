"""Stand-ins for the AWS services that no emulator has: Rekognition, Bedrock, Service Quotas.

Requests and answers have exactly AWS's shapes (both are checked against botocore's service models).
Answers state that they are simulated wherever they have a field for text.
"""
