/// The status page's one style sheet: light and dark, from a phone to a wall screen, no request to anywhere else.
enum StatusStyle {
    static let sheet = """
        :root {
          color-scheme: light dark;
          --ground: #f6f7f9; --card: #fff; --ink: #14181f; --soft: #566070; --line: #dfe3e8;
          --good: #17794a; --warn: #9a5b00; --bad: #b3261e; --calm: #566070; --link: #1f5fbf;
        }
        @media (prefers-color-scheme: dark) {
          :root {
            --ground: #101317; --card: #181c22; --ink: #e8ebf0; --soft: #9aa4b2; --line: #2a3039;
            --good: #5fce97; --warn: #f0b35a; --bad: #ff8a80; --calm: #9aa4b2; --link: #8ab4f8;
          }
        }
        * { box-sizing: border-box; }
        body {
          margin: 0 auto; padding: 24px 16px 48px; max-width: 1200px; background: var(--ground); color: var(--ink);
          font: 16px/1.5 Inter, system-ui, sans-serif; font-variant-numeric: tabular-nums;
        }
        a { color: var(--link); }
        a:focus-visible, .scroll:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }
        h1 { font-size: 28px; line-height: 1.25; margin: 4px 0 8px; }
        h2 { font-size: 16px; margin: 0 0 8px; }
        .over, .next, footer { color: var(--soft); font-size: 14px; margin: 0; }
        .good { color: var(--good); } .warn { color: var(--warn); } .bad { color: var(--bad); }
        .calm { color: var(--calm); }
        .dot {
          display: inline-block; width: 10px; height: 10px; margin-right: 8px; border-radius: 50%;
          background: currentColor;
        }
        h1 .dot { width: 14px; height: 14px; margin-right: 12px; }
        main > section { margin-top: 32px; }
        .cards { display: grid; gap: 16px; margin-top: 24px; grid-template-columns: repeat(auto-fit, minmax(280px, 1fr)); }
        .card { background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: 16px; }
        .state { margin: 0 0 12px; font-weight: 600; }
        dl { margin: 0; }
        dl div { display: flex; justify-content: space-between; gap: 16px; padding: 4px 0; }
        dl div + div { border-top: 1px solid var(--line); }
        dt { color: var(--soft); } dd { margin: 0; text-align: right; overflow-wrap: anywhere; }
        .alarms { list-style: none; margin: 0; padding: 0; }
        .alarms li {
          color: var(--ink); background: var(--card); border: 1px solid var(--line); border-left: 4px solid var(--calm);
          border-radius: 8px; padding: 12px 16px; margin-top: 8px;
        }
        .alarms .bad { border-left-color: var(--bad); } .alarms .warn { border-left-color: var(--warn); }
        code { color: var(--soft); font: 13px "JetBrains Mono", ui-monospace, monospace; overflow-wrap: anywhere; }
        .scroll { overflow-x: auto; background: var(--card); border: 1px solid var(--line); border-radius: 8px; }
        table { border-collapse: collapse; width: 100%; min-width: 760px; }
        th, td { padding: 12px 16px; text-align: left; white-space: nowrap; font-weight: 400; }
        thead th { color: var(--soft); font-size: 14px; }
        tbody th { font-weight: 600; }
        tbody tr { border-top: 1px solid var(--line); }
        .number { text-align: right; }
        meter { width: 96px; height: 12px; }
        .empty { color: var(--soft); background: var(--card); border: 1px dashed var(--line); border-radius: 8px; padding: 24px; }
        footer { margin-top: 32px; }
        footer a { margin-left: 16px; }

        """
}
