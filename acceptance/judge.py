"""Worker: the SDK's verdicts over one evidence folder, as JSON lines on the first standard output.

A process of its own, so that a crash inside the SDK fails this part and nothing else, and so that the SDK's own log,
which it writes to standard output, can be sent to a file.
"""
import os
import pathlib
import sys

from . import attestation, onboarding, sdk
from .evidence import Evidence, EvidenceError
from .report import Report


def main(folder, log):
    pathlib.Path(log).parent.mkdir(parents=True, exist_ok=True)
    with os.fdopen(os.dup(1), "w") as verdicts, open(log, "wb") as sink:
        os.dup2(sink.fileno(), 1)
        judge(folder, Report(verdicts, as_json=True))


def judge(folder, report):
    try:
        evidence = Evidence(folder)
    except EvidenceError as error:
        report.check("evidence", "the evidence folder is whole", False, error)
        return
    report.check("evidence", f"the evidence folder is whole ({len(evidence.devices)} devices)", True)
    library = sdk.Library()
    attestation.Judgement(library, evidence, report).run()
    onboarding.Judgement(library, evidence, report).run()


if __name__ == "__main__":
    main(*sys.argv[1:])
