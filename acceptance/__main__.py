"""Runs every part and prints one line a check. Called by scripts/acceptance, which installs what this needs."""
import argparse
import json
import pathlib
import sys
import tempfile
import time

from . import browser_life, firmware, portal_openapi, portal_sql_postgres, sanitizers, selftest
from .browser import part as browser
from .report import Report

PARTS = ["selftest", "matter", "firmware", "portal", "life", "browser", "sql", "sanitizers"]


def matter(report, evidence, log):
    """The SDK's verdicts over the demo's evidence."""
    with tempfile.TemporaryDirectory(prefix="obis-matter-") as temporary:
        checks, status = selftest.judge(evidence, log, temporary)
    for check in checks:
        report.add(check)
    report.check(
        "Matter SDK", "the judge came to its end", status == 0 and len(checks) > 1,
        f"exit status {status}; its log is {log}",
    )


def main():
    parser = argparse.ArgumentParser(prog="scripts/acceptance", description=__doc__)
    parser.add_argument("--evidence", default=".demo/evidence", help="folder to judge (default: %(default)s)")
    parser.add_argument("--demo", default=".demo", help="the demo's folder (default: %(default)s)")
    parser.add_argument("--verifier", default=".build/debug/obis-verify", help="default: %(default)s")
    parser.add_argument("--portal", default=".build/debug/obis-portal", help="default: %(default)s")
    parser.add_argument("--logs", default=".build/acceptance", help="folder for the counterparts' logs")
    parser.add_argument("--only", action="append", choices=PARTS, help="only this part; may be given more than once")
    parser.add_argument("--json", metavar="FILE", help="write all checks and the counts there")
    options = parser.parse_args()
    logs = pathlib.Path(options.logs).resolve()
    logs.mkdir(parents=True, exist_ok=True)
    report, begun = Report(), time.monotonic()
    parts = {
        "selftest": lambda: selftest.run(report, logs / "matter-sdk-selftest.log"),
        "matter": lambda: matter(report, pathlib.Path(options.evidence).resolve(), logs / "matter-sdk.log"),
        "firmware": lambda: firmware.run(report, options.verifier, options.demo),
        "portal": lambda: portal_openapi.run(report, options.portal, options.demo, logs),
        "life": lambda: browser_life.run(report, options.demo, logs, pathlib.Path(options.portal).parent),
        "sql": lambda: portal_sql_postgres.run(report, logs),
        "browser": lambda: browser.run(report, pathlib.Path(options.portal).resolve().parent, options.demo, logs),
        "sanitizers": lambda: sanitizers.run(report, logs),
    }
    for part in options.only or PARTS:
        try:
            parts[part]()
        except Exception as error:  # a part that breaks is a failed check, never a shorter list
            report.check(part, "this part came to its end", False, f"{type(error).__name__}: {error}")
    summary = report.summary() | {"seconds": round(time.monotonic() - begun)}
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps(summary, indent=2, ensure_ascii=False) + "\n")
    omitted = [part for part in PARTS if options.only and part not in options.only]
    if omitted:
        print(f"not run, as asked: {', '.join(omitted)}")
    print(f"{report.passed} passed, {report.failed} failed ({summary['verdicts']} verdicts, {summary['seconds']} s)")
    sys.exit(bool(report.failed))


if __name__ == "__main__":
    main()
