extension Stylesheet {
    /// Pages of accounts: doors, what is shown once, lists with a button in each row.
    static let doors = """
        @layer components {
        .door { max-width: 40rem; margin-inline: auto; }
        .plain .brand { justify-content: center; padding-bottom: var(--s5); font-size: var(--t-xl); }
        .door header > * + * { margin-top: var(--s1); }
        .door .step { color: var(--muted); font-size: var(--t-s); font-weight: var(--strong); }
        .door .fields { grid-template-columns: minmax(0, 1fr); gap: var(--s4); }
        .door .panel-body > .actions, .door .form > .actions { padding-top: var(--s1); }
        /* A page that is one form has all of its controls larger. */
        .plain .door { --control-height: 2.5rem; }
        .plain .door .form > .actions > .primary { flex: 1 1 auto; }
        .reveal { position: relative; display: block; }
        .reveal input:not([type="checkbox"], [type="radio"]) { padding-right: 4rem; }
        .reveal .button { position: absolute; top: 50%; right: var(--s1); translate: 0 -50%; background: var(--surface); }
        .scan { display: grid; grid-template-columns: 11rem minmax(0, 1fr); gap: var(--s4) var(--s5); align-items: center; }
        .scan .qr { width: 11rem; }
        .scan .qr svg { display: block; width: 100%; height: auto; }
        @media (max-width: 30rem) { .scan { grid-template-columns: minmax(0, 1fr); } .scan .qr { margin-inline: auto; } }
        .groups { letter-spacing: .02em; line-height: 1.8; }
        .groups span { display: inline-block; margin-right: .6ch; }
        .recovery { display: grid; grid-template-columns: repeat(auto-fit, minmax(13rem, 1fr)); gap: var(--s2) var(--s5); padding: var(--s4);
          border: 1px solid var(--line); border-radius: var(--radius-s); background: var(--sunken); font-family: var(--mono); counter-reset: recovery; }
        .recovery li { counter-increment: recovery; white-space: nowrap; }
        .recovery li::before { content: counter(recovery); display: inline-block; width: 1.5rem; color: var(--muted); font-size: var(--t-xs); }
        .security > li { display: flex; flex-wrap: wrap; align-items: center; justify-content: space-between; gap: var(--s2) var(--s4);
          padding: var(--s3) var(--s4); border-bottom: 1px solid var(--line); }
        .security > li:last-child { border-bottom: 0; }
        .security > li > div:first-child { min-width: 0; flex: 1 1 16rem; }
        .security .badge { margin-left: var(--s2); }
        .choose .field { flex: 0 1 24rem; max-width: none; }
        td form { display: inline-block; }
        @media print { .door .actions, .brand, .panel-foot { display: none; } .panel { border: 0; } }
        }

        """
}
