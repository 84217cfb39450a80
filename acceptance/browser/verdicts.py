"""What was looked at and what was wrong with it, kept by what was asked, told as one line a question."""


class Verdicts:
    """`say` for every look: None, or what is wrong. A question nobody was asked fails."""

    def __init__(self, judge="browser"):
        self.judge, self.questions = judge, {}

    def say(self, question, where, fault=None):
        self.questions.setdefault(question, []).append((where, fault))
        if fault is not None:
            print(f"    ✗ {where}: {question}: {fault}", flush=True)

    def all(self, question, where, faults):
        """One verdict of any number of faults."""
        faults = list(faults)
        more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
        self.say(question, where, f"{faults[0]}{more}" if faults else None)

    def faults(self, question=None):
        return [fault for name, verdicts in self.questions.items() if question in (None, name)
                for _, fault in verdicts if fault is not None]

    def tell(self, report):
        for question, verdicts in self.questions.items():
            report.every(self.judge, question, verdicts)
