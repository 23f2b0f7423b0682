"""A real Apache Kafka broker and schema registry on this machine, without Docker, Java or Maven installed.

`services.broker.local.LocalBroker` is the door. Nothing here knows Driftmill's topics or services.
"""
