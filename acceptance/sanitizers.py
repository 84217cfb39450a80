"""ThreadSanitizer over the modules with threads, locks and queues of their own: their tests, built instrumented."""
import os
import pathlib
import re
import subprocess
import time

# Modules whose code is concurrent itself. What only calls them is covered by the kill and race tests of `make test`.
MODULES = ["Durability", "KeyCustody", "ServiceSupport", "TransparencyLog"]
SCRATCH = ".build-tsan"
SUPPRESSIONS = pathlib.Path(__file__).parent / "tsan-suppressions.txt"
JUDGE = "ThreadSanitizer"


def run(report, log):
    log = pathlib.Path(log)
    environment = dict(
        os.environ, OBIS_ONLY_TESTS=",".join(MODULES),
        TSAN_OPTIONS=f"halt_on_error=0 exitcode=66 history_size=4 suppressions={SUPPRESSIONS}",
    )
    options = ["--sanitize", "thread", "--scratch-path", SCRATCH]
    begun = time.monotonic()
    with log.open("w") as sink:
        built = subprocess.run(
            ["swift", "build", "--build-tests", *options], env=environment, stdout=sink, stderr=subprocess.STDOUT,
            check=False)
        if built.returncode:
            report.check(JUDGE, f"{', '.join(MODULES)} build instrumented", False, f"see {log}")
            return
        tested = subprocess.run(
            ["swift", "test", "--skip-build", *options], env=environment, stdout=sink, stderr=subprocess.STDOUT,
            check=False)
    text = log.read_text(errors="replace")
    races = re.findall(r"SUMMARY: ThreadSanitizer: (.*)", text)
    counts = re.findall(r"Test run with (\d+) tests? in .* (passed|failed)", text)
    minutes = (time.monotonic() - begun) / 60
    tests = sum(int(count) for count, _ in counts)
    report.check(
        JUDGE, f"no data race in {tests} tests of {', '.join(MODULES)} ({minutes:.1f} min)",
        tested.returncode == 0 and not races and tests > 0,
        f"exit {tested.returncode}, {len(races)} reports: {'; '.join(races[:3])}; see {log}", tests,
    )
