extension Stylesheet {
    /// What everything else is made of: colours of both themes, one type scale, a grid of 4 px, two weights.
    static let tokens = """
        @layer tokens {
        :root {
          color-scheme: light dark;
          --font: "Inter", "Inter Fallback", system-ui, -apple-system, "Segoe UI", Roboto, sans-serif;
          --mono: "JetBrains Mono", ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace;
          --t-xs: .75rem; --t-s: .8125rem; --t-m: .875rem; --t-l: 1rem; --t-xl: 1.25rem; --t-2xl: 1.75rem;
          --regular: 400; --strong: 600;
          --s1: .25rem; --s2: .5rem; --s3: .75rem; --s4: 1rem; --s5: 1.25rem; --s6: 1.5rem; --s8: 2rem; --s12: 3rem;
          --radius: .5rem; --radius-s: .3125rem;
          --control-height: 2.125rem; --control-small: 1.75rem;
          --bg: light-dark(#f6f7f9, #0c0e12);
          --surface: light-dark(#ffffff, #14171d);
          --raised: light-dark(#ffffff, #1a1e26);
          --sunken: light-dark(#eef0f4, #0f1217);
          --hover: light-dark(#f3f5f8, #1b2028);
          --line: light-dark(#e2e5eb, #262b35);
          --line-strong: light-dark(#c5cad4, #3b4351);
          --control: light-dark(#868e9c, #6b7484);
          --text: light-dark(#12151b, #e8ebf0);
          --muted: light-dark(#555d6c, #a2aab9);
          --accent: light-dark(#2a4fd0, #93adff);
          --accent-strong: light-dark(#1f3fb0, #b1c4ff);
          --accent-bg: light-dark(#eaf0ff, #1a2547);
          --on-accent: light-dark(#ffffff, #0b1124);
          --ok: light-dark(#0b6a3c, #5bd697); --ok-bg: light-dark(#e2f5ea, #0f2c1e); --ok-mark: light-dark(#1d9a5b, #38b877);
          --warn: light-dark(#7d4e00, #f2bb55); --warn-bg: light-dark(#fff1d6, #35270c); --warn-mark: light-dark(#d38b0c, #d9a037);
          --bad: light-dark(#ad1c1c, #ff958d); --bad-bg: light-dark(#fdeaea, #3c1817); --bad-mark: light-dark(#d63a36, #ee5f57);
          --idle: light-dark(#4b5361, #b2bac8); --idle-bg: light-dark(#eceff3, #232933); --idle-mark: light-dark(#a6aebb, #586172);
          --shadow: 0 1px 2px light-dark(#1018280d, #0000), 0 8px 24px light-dark(#10182814, #00000080);
          --track: light-dark(#d3d8e0, #414a59); --part-free: light-dark(#6b7382, #98a1b0); --part-granted: light-dark(#0c827e, #2fa8a0);
          --dim: #05070c99;
          --ring: 0 0 0 2px var(--surface), 0 0 0 4px var(--accent);
        }
        :root[data-theme="light"] { color-scheme: light; }
        :root[data-theme="dark"] { color-scheme: dark; }
        @media (min-width: 160rem) { :root { font-size: 1.125rem; } }
        @media (min-width: 220rem) { :root { font-size: 1.375rem; } }
        }

        """

    static let base = """
        @layer base {
        *, *::before, *::after { box-sizing: border-box; }
        html { -webkit-text-size-adjust: 100%; scroll-padding: 4.25rem 0 var(--s12); }
        body { margin: 0; background: var(--bg); color: var(--text); font: var(--regular) var(--t-m)/1.5 var(--font);
          font-variant-numeric: tabular-nums; font-feature-settings: "cv05", "ss03"; -webkit-font-smoothing: antialiased;
          overflow-wrap: break-word; }
        h1, h2, h3, h4, p, ul, ol, dl, dd, figure, blockquote { margin: 0; padding: 0; }
        h1, h2, h3, h4, strong, b, th, legend, summary { font-weight: var(--strong); }
        h1 { font-size: var(--t-xl); line-height: 1.3; letter-spacing: -.01em; overflow-wrap: anywhere; }
        h2 { font-size: var(--t-l); line-height: 1.4; }
        h3, h4 { font-size: var(--t-m); }
        ul, ol { list-style: none; }
        a { color: var(--accent); text-decoration: none; }
        a:hover { text-decoration: underline; text-underline-offset: .2em; }
        :is(main, .door) :is(p, .sub, .muted, .panel-foot) a:not(.button), .prose a, .door footer a { text-decoration: underline; text-decoration-color: var(--line-strong); text-underline-offset: .2em; }
        code, pre, .mono { font-family: var(--mono); font-size: .93em; font-feature-settings: "zero", "calt" 0; }
        button, input, select, textarea { font: inherit; color: inherit; letter-spacing: inherit; }
        :focus { outline: none; }
        :focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; border-radius: var(--radius-s); }
        [hidden] { display: none !important; }
        .icon { width: 1.125rem; height: 1.125rem; flex: none; vertical-align: -.2em; }
        .sr { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
        .muted { color: var(--muted); }
        .small { font-size: var(--t-s); }
        .strong { font-weight: var(--strong); }
        .nowrap { white-space: nowrap; }
        .stack > * + * { margin-top: var(--s4); }
        .stack-s > * + * { margin-top: var(--s2); }
        .row { display: flex; flex-wrap: wrap; align-items: center; gap: var(--s2); }
        .split { display: flex; flex-wrap: wrap; align-items: baseline; justify-content: space-between; gap: var(--s2) var(--s4); }
        ::selection { background: var(--accent-bg); }
        @media (prefers-reduced-motion: reduce) { *, *::before, *::after { animation: none !important; transition: none !important; } }
        }

        """
}
