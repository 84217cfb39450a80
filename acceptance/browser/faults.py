"""Trouble made beside the portal and under its pages: a slow link, a table that is gone."""
import sqlite3
import time


def delay(page, milliseconds):
    """Every answer takes that much longer, as over a bad link."""
    session = page.context.new_cdp_session(page)
    session.send("Network.emulateNetworkConditions", {
        "offline": False, "latency": milliseconds, "downloadThroughput": -1, "uploadThroughput": -1})
    return session


def table(database, statement):
    """Beside the running portal, which holds no transaction at rest."""
    for _ in range(20):
        try:
            with sqlite3.connect(database, timeout=5) as connection:
                connection.execute(statement)
            return
        except sqlite3.OperationalError:
            time.sleep(0.5)
    raise RuntimeError(f"can't be done beside the portal: {statement}")
