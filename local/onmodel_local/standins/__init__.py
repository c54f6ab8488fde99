"""Stand-ins for the AWS services that no emulator has: Rekognition, Bedrock, Service Quotas.

They speak the exact shapes of AWS (checked against botocore's service models on the way in and
out) and say that they are simulations wherever there is room to say it.
"""
