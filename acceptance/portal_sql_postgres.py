"""PostgreSQL takes the portal's schema and prepares every statement: the portal's SQL is that of SQLite and PostgreSQL.

The statements are those that the portal's own tests ran, written down through OBIS_SQL_TRACE, and the literals in the
source that no test ran. Nothing is executed but the schema: a statement that parses and has types is what is claimed.
"""
import os
import pathlib
import pwd
import re
import shutil
import subprocess
import tempfile

JUDGE = "PostgreSQL"
SOURCES = ["Sources/PortalStore", "Sources/PortalWeb"]
TESTS = "PortalStoreTests|PortalWebTests"
LITERAL = re.compile(r'"""\s*\n(?P<block>.*?)"""|"(?P<line>(?:[^"\\\n]|\\.)*)"', re.DOTALL)
VERB = re.compile(r"\s*(SELECT|INSERT INTO|UPDATE \w+ SET|DELETE FROM|CREATE (?:UNIQUE )?(?:TABLE|INDEX))\b")
# Tables of the tests' own.
TABLE = re.compile(r"\s*CREATE (?:UNIQUE )?(?:TABLE|INDEX) (\w+)")
# What makes or changes a table, in the order of the portal's migrations.
SCHEMA = ("CREATE", "ALTER TABLE")


def run(report, logs, tests=("swift", "test", "--skip-build", "--no-parallel", "--filter", TESTS)):
    binaries = find_binaries()
    if binaries is None:
        report.check(JUDGE, "it is installed", False, "no initdb: install the Debian package postgresql")
        return
    trace = logs / "portal-statements.sql"
    trace.unlink(missing_ok=True)
    with (logs / "portal-statements.log").open("w") as sink:
        subprocess.run(
            list(tests), env=dict(os.environ, OBIS_SQL_TRACE=str(trace)), stdout=sink, stderr=subprocess.STDOUT,
            check=True)
    traced = unique(trace.read_text().splitlines())
    literals, composed = source_statements()
    schema = [text for text in traced if text.startswith(SCHEMA)]
    known = {squeeze(text) for text in traced}
    # A database that tests multiply within SQLite is no statement of the portal's.
    statements = [text for text in traced if not text.startswith(SCHEMA) and "randomblob(" not in text]
    statements += [text for text in literals if squeeze(text) not in known]
    missing = [text for text in composed if not any(text.fullmatch(other) for other in known)]
    with Cluster(binaries, logs) as cluster:
        cluster.execute("CREATE DOMAIN blob AS bytea")
        report.every(JUDGE, "the portal's tables are made and changed", [
            (text[:60], cluster.execute(text)) for text in schema if text.startswith("ALTER") or TABLE.match(text)])
        own = tables_of_tests(schema)
        report.every(JUDGE, "the portal's statements are prepared", [
            (text[:80], cluster.prepare(text)) for text in statements if not own & set(re.findall(r"\w+", text))])
    if composed:
        report.every(JUDGE, "statements made of parts were run by a test", [
            (text.pattern[:80], "never run" if text in missing else None) for text in composed])


def unique(lines):
    return list(dict.fromkeys(line for line in lines if line.strip()))


def squeeze(text):
    return " ".join(text.split())


def tables_of_tests(schema):
    """Names of tables that only tests create: statements on them are the tests' own."""
    sources = "".join(path.read_text() for folder in SOURCES for path in pathlib.Path(folder).rglob("*.swift"))
    names = {TABLE.match(text).group(1) for text in schema if text.startswith("CREATE TABLE")}
    return {name for name in names if f"CREATE TABLE {name} " not in sources}


def source_statements():
    """Literals that are a whole statement, and patterns of those that are made of parts."""
    whole, composed = [], []
    for folder in SOURCES:
        for path in sorted(pathlib.Path(folder).rglob("*.swift")):
            source = without_comments(path.read_text())
            for found in LITERAL.finditer(source):
                text = resolved(found["block"] if found["block"] is not None else found["line"], source)
                if not VERB.match(text) or text.lstrip().startswith(SCHEMA):
                    continue
                # The beginning of a statement: the whole of it is in the trace.
                if source[:found.start()].rstrip().endswith("KeyQuery("):
                    continue
                if "\\(" in text:
                    parts = [re.escape(squeeze(part)) for part in re.split(r"\\\((?:[^()]|\([^()]*\))*\)", text)]
                    composed.append(re.compile(r"\s*.*?\s*".join(parts)))
                else:
                    whole.append(squeeze(text))
    return unique(whole), composed


def resolved(text, source):
    """With the parts that are constants put in their places: `\\(columns)` of this file, `\\(Type.columns)` of another."""
    def constant(part):
        files = [path for folder in SOURCES for path in pathlib.Path(folder).rglob(f"{part[1]}.swift")]
        place = without_comments(files[0].read_text()) if files else source
        found = re.search(rf"let {part[2]}: SQLText =\s*(?:" + LITERAL.pattern + ")", place, LITERAL.flags)
        return (found["block"] or found["line"]) if found else part[0]
    return re.sub(r"\\\((?:(\w+)\.)?(\w+)\)", constant, text)


def without_comments(text):
    """Also without line ends that Swift takes out of a literal."""
    return re.sub(r"\\\n\s*", "", re.sub(r"^\s*//.*$", "", text, flags=re.MULTILINE))


def find_binaries():
    candidates = [pathlib.Path(path).resolve().parent for path in [shutil.which("initdb")] if path]
    candidates += sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next((folder for folder in candidates if (folder / "initdb").exists()), None)


class Cluster:
    """A throw-away cluster on a Unix socket alone. PostgreSQL refuses to run as root: there it runs as its own user."""

    def __init__(self, binaries, logs):
        self.binaries = binaries
        self.log = (logs / "postgresql.log").open("w")
        self.folder = tempfile.TemporaryDirectory(prefix="obis-postgresql-")
        self.number = 0
        self.user = pwd.getpwnam("postgres") if os.getuid() == 0 else None

    def __enter__(self):
        root = pathlib.Path(self.folder.name)
        if self.user:
            os.chown(root, self.user.pw_uid, self.user.pw_gid)
        self.call("initdb", "--pgdata", root / "data", "--username", "portal", "--auth", "trust", "--no-sync",
                  "--locale", "C", "--encoding", "UTF8")
        self.call("pg_ctl", "--pgdata", root / "data", "--wait", "--log", root / "server.log", "--options",
                  f"-c listen_addresses='' -c unix_socket_directories='{root}' -c fsync=off", "start")
        self.session = subprocess.Popen(
            [self.binaries / "psql", "--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--host", root,
             "--username", "portal", "postgres"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **self.identity())
        return self

    def __exit__(self, *_):
        self.session.stdin.close()
        self.session.wait()
        self.call("pg_ctl", "--pgdata", pathlib.Path(self.folder.name) / "data", "--mode", "immediate", "stop")
        self.folder.cleanup()
        self.log.close()

    def identity(self):
        return {"user": self.user.pw_uid, "group": self.user.pw_gid, "cwd": "/"} if self.user else {}

    def call(self, name, *arguments):
        subprocess.run([self.binaries / name, *arguments], check=True, stdout=self.log, stderr=subprocess.STDOUT,
                       **self.identity())

    def execute(self, text):
        """None, or what PostgreSQL says against it."""
        if "\\" in text or text.count("'") % 2:
            return "no plain SQL"
        self.number += 1
        mark = f"-- done {self.number} --"
        self.session.stdin.write(f"{text};\n\\echo '{mark}'\n")
        self.session.stdin.flush()
        said = []
        for line in self.session.stdout:
            if line.strip() == mark:
                break
            said.append(line.strip())
        faults = [line for line in said if "ERROR" in line or "FATAL" in line]
        return "; ".join(faults) if faults else None

    def prepare(self, text):
        count = iter(range(1, text.count("?") + 1))
        return self.execute(f"PREPARE statement_{self.number} AS " + re.sub(r"\?", lambda _: f"${next(count)}", text))
