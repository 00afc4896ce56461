"""Sending: how a claim travels from the ledger to the wire.

    Worker                      one for each process; one RouteSender for each route
      └─ RouteSender            one route ("relay" or "inbox"): its lanes, and what they share
           ├─ ClaimBuffer       claims fetched from the ledger before the lanes run dry
           │    └─ Dispatcher   which claim goes next; sets slow domains aside
           │         └─ RelayBalancer   which relay takes it, within all limits → Permit
           ├─ Lane              one SMTP connection, one message at a time:
           │                    compose → stage → arm → final dot → reply
           └─ OutcomeHandler    records the reply; pauses an issue, backs off a relay

`docs/delivery.md` has the same as a drawing, with the file names.
"""
