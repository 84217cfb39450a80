"""ThreadSanitizer over the modules with threads, locks and queues of their own: their tests, built instrumented."""
import os
import pathlib
import re
import shutil
import subprocess

# Modules whose code is concurrent itself. What only calls them is covered by the kill and race tests of `make test`.
MODULES = ["Durability", "EdgeHSMDaemon", "FactoryService", "KeyCustody", "ServiceSupport", "TransparencyLog"]
SCRATCH = ".build-tsan"
HERE = pathlib.Path(__file__).parent
JUDGE = "ThreadSanitizer"
RACES_FOUND = 66
# They start our programs, and none is built here.
PROGRAM_TESTS = r"KillTests|ServerTests/(zeroise|identityDigits|serverCertificateByTrustedTime)\("


def run(report, logs):
    shim = logs / "libtsan-mutex.so"
    compile_shim(shim)
    environment = dict(
        os.environ, LD_PRELOAD=str(shim), OBIS_ONLY_TESTS=",".join(MODULES),
        TSAN_OPTIONS=f"halt_on_error=0 exitcode={RACES_FOUND} history_size=4",
    )
    canary(report, logs, environment)
    tests(report, logs / "tsan.log", environment)


def compile_shim(shim):
    """See tsan-mutex.c. Only clang knows Swift's calling convention, and one comes with the toolchain."""
    beside = pathlib.Path(shutil.which("swiftc")).resolve().parent / "clang"
    clang = beside if beside.exists() else "clang"
    options = ["-Wall", "-Wextra", "-Werror", "-O1", "-shared", "-fPIC"]
    subprocess.run([clang, *options, "-o", shim, HERE / "tsan-mutex.c", "-ldl"], check=True)


def canary(report, logs, environment):
    """Shows that a planted race is found, and that a contended mutex is not taken for one."""
    program = logs / "race"
    subprocess.run(
        ["swiftc", "-sanitize=thread", "-swift-version", "5", "-module-cache-path", logs / "modules", "-o", program,
         HERE / "race.swift"], check=True)
    for argument, sentence, expected in (
        ("guarded", "a counter under a contended mutex: no race reported", 0),
        ("unguarded", "a planted race: reported", RACES_FOUND),
    ):
        status = subprocess.run([program, argument], env=environment, capture_output=True, check=False).returncode
        report.check(JUDGE, sentence, status == expected, f"exit status {status}, {expected} expected")


def tests(report, log, environment):
    options = ["--sanitize", "thread", "--scratch-path", SCRATCH]
    with log.open("w") as sink:
        output = {"stdout": sink, "stderr": subprocess.STDOUT, "check": False}
        without_shim = {name: value for name, value in environment.items() if name != "LD_PRELOAD"}
        built = subprocess.run(["swift", "build", "--build-tests", *options], env=without_shim, **output)
        report.check(JUDGE, f"{', '.join(MODULES)} build instrumented", built.returncode == 0, f"see {log}")
        if built.returncode:
            return
    for module in MODULES:
        module_tests(report, log.with_name(f"tsan-{module}.log"), module, options, environment)


def module_tests(report, log, module, options, environment):
    """One process a module, as their fixtures expect, and one test at a time: tests share nothing, so racing them finds
    nothing, and deadlines hold on a slow machine."""
    selection = ["--no-parallel", "--filter", rf"^{module}Tests\.", "--skip", PROGRAM_TESTS]
    with log.open("w") as sink:
        tested = subprocess.run(
            ["swift", "test", "--skip-build", *selection, *options], env=environment, stdout=sink,
            stderr=subprocess.STDOUT, check=False)
    text = log.read_text(errors="replace")
    races = sorted(set(re.findall(r"SUMMARY: ThreadSanitizer: (.*)", text)))
    count = sum(map(int, re.findall(r"Test run with (\d+) tests? in .* passed", text)))
    report.check(
        JUDGE, f"{module}: no data race, {count} tests passed", tested.returncode == 0 and not races and count > 0,
        f"exit status {tested.returncode}, {len(races)} places: {'; '.join(races[:3])}; see {log}", count,
    )
