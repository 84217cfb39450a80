"""One line a check, counts at the end. A check is a sentence, whether it holds, and what to read when it does not."""
import json
import sys


class Report:
    """Collects checks. In a worker they go to the parent as JSON lines; in the parent they are printed."""

    def __init__(self, stream=sys.stdout, as_json=False):
        self.stream = stream
        self.as_json = as_json
        self.checks = []

    def check(self, judge, sentence, passed, detail="", count=1):
        """`count` is how many single verdicts stand behind this line."""
        self.add({
            "judge": judge, "check": sentence, "passed": bool(passed), "detail": str(detail), "verdicts": count,
        })

    def every(self, judge, sentence, verdicts):
        """`verdicts`: pairs of a name and None (holds) or what was wrong. None at all is a failure."""
        verdicts = list(verdicts)
        wrong = [f"{name}: {fault}" for name, fault in verdicts if fault is not None]
        detail = "; ".join(wrong[:3]) + (f"; and {len(wrong) - 3} more" if len(wrong) > 3 else "")
        if not verdicts:
            detail = "nothing there to judge"
        held = len(verdicts) - len(wrong)
        self.check(judge, f"{sentence} ({held} of {len(verdicts)})", verdicts and not wrong, detail, len(verdicts))

    def add(self, check):
        self.checks.append(check)
        if self.as_json:
            line = json.dumps(check)
        else:
            mark = "✓" if check["passed"] else "✗"
            tail = f" — {check['detail']}" if check["detail"] and not check["passed"] else ""
            line = f"{mark} {check['judge']}: {check['check']}{tail}"
        print(line, file=self.stream, flush=True)

    @property
    def failed(self):
        return sum(not check["passed"] for check in self.checks)

    @property
    def passed(self):
        return len(self.checks) - self.failed

    def summary(self):
        return {
            "passed": self.passed,
            "failed": self.failed,
            "verdicts": sum(check["verdicts"] for check in self.checks),
            "checks": self.checks,
        }
