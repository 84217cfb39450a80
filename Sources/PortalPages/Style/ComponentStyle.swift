extension Stylesheet {
    static let components = """
        @layer components {
        .button { display: inline-flex; align-items: center; justify-content: center; gap: var(--s2); height: var(--control-height);
          padding: 0 var(--s3); border: 1px solid var(--line-strong); border-radius: var(--radius-s); background: var(--surface);
          color: var(--text); font-weight: var(--strong); line-height: 1.25; white-space: nowrap; cursor: pointer; }
        .button, .button:hover { text-decoration: none; }
        .button:hover { background: var(--hover); }
        .button:active { background: var(--sunken); }
        .button.primary { border-color: var(--accent); background: var(--accent); color: var(--on-accent); }
        .button.primary:hover { background: var(--accent-strong); border-color: var(--accent-strong); }
        .button.danger { border-color: var(--bad); color: var(--bad); }
        .button.danger:hover { background: var(--bad-bg); }
        .button.danger.primary { background: var(--bad); color: light-dark(#fff, #230b0a); }
        .button.quiet { border-color: transparent; background: transparent; color: var(--muted); }
        .button.quiet:hover { background: var(--hover); color: var(--text); }
        .button.icon-only { width: var(--control-height); padding: 0; }
        .button.small { height: var(--control-small); padding: 0 var(--s2); font-size: var(--t-s); }
        .button.icon-only.small { width: var(--control-small); }
        .button:disabled, .button[aria-disabled="true"], .button[aria-disabled="true"]:hover { border-color: var(--line); background: var(--sunken); color: var(--muted); cursor: not-allowed; }
        /* The theme that a press brings. */
        [data-theme-toggle][aria-pressed="false"] .icon:nth-of-type(2), [data-theme-toggle][aria-pressed="true"] .icon:nth-of-type(1) { display: none; }
        .menu-button { display: none; }
        @media (max-width: 54rem) { .menu-button { display: inline-flex; } }
        .badge { display: inline-flex; align-items: center; gap: .375rem; padding: 0 var(--s2); border-radius: 1rem; font-size: var(--t-xs);
          font-weight: var(--strong); line-height: 1.375rem; white-space: nowrap; background: var(--idle-bg); color: var(--idle); }
        .badge::before { content: ""; width: .4375rem; height: .4375rem; border-radius: 50%; background: currentColor; flex: none; }
        .badge.count::before { display: none; }
        .ok { --tone: var(--ok); --tone-bg: var(--ok-bg); --mark: var(--ok-mark); }
        .warn { --tone: var(--warn); --tone-bg: var(--warn-bg); --mark: var(--warn-mark); }
        .bad { --tone: var(--bad); --tone-bg: var(--bad-bg); --mark: var(--bad-mark); }
        .info { --tone: var(--accent-strong); --tone-bg: var(--accent-bg); --mark: var(--accent); }
        .idle { --tone: var(--idle); --tone-bg: var(--idle-bg); --mark: var(--idle-mark); }
        .badge.ok, .badge.warn, .badge.bad, .badge.info { background: var(--tone-bg); color: var(--tone); }
        .badge.open::before { background: none; box-shadow: inset 0 0 0 1.5px currentColor; }
        .panel { border: 1px solid var(--line); border-radius: var(--radius); background: var(--surface); min-width: 0; }
        .panel-head { display: flex; flex-wrap: wrap; align-items: center; justify-content: space-between; gap: var(--s1) var(--s4);
          min-height: 3rem; padding: var(--s2) var(--s4); border-bottom: 1px solid var(--line); }
        .panel-head h2 { min-width: 0; font-size: var(--t-m); display: flex; align-items: center; gap: var(--s2); overflow-wrap: anywhere; }
        .panel-head p { color: var(--muted); font-size: var(--t-s); }
        .panel-body { padding: var(--s4); }
        .panel-body > * + * { margin-top: var(--s4); }
        .panel-foot { padding: var(--s3) var(--s4); border-top: 1px solid var(--line); color: var(--muted); font-size: var(--t-s); }
        .stats { display: grid; grid-template-columns: repeat(auto-fit, minmax(8.5rem, 1fr)); border: 1px solid var(--line);
          border-radius: var(--radius); background: var(--surface); gap: 1px; overflow: hidden; }
        .stat { padding: var(--s3) var(--s4); box-shadow: 0 0 0 1px var(--line); min-width: 0; }
        @media (max-width: 30rem) { .stats { grid-template-columns: repeat(2, minmax(0, 1fr)); } .stat:last-child:nth-child(odd) { grid-column: 1 / -1; } }
        .stat dt { color: var(--muted); font-size: var(--t-s); }
        .stat dd { font-size: var(--t-xl); font-weight: var(--strong); line-height: 1.4; letter-spacing: -.01em; white-space: nowrap; }
        .stat .note { display: block; min-height: 1.125rem; color: var(--muted); font-size: var(--t-xs); font-weight: var(--regular);
          letter-spacing: 0; line-height: 1.5; white-space: normal; }
        .note-box { display: flex; gap: var(--s3); padding: var(--s3) var(--s4); border-radius: var(--radius); background: var(--tone-bg, var(--idle-bg));
          color: var(--text); border: 1px solid color-mix(in srgb, var(--mark, var(--idle-mark)) 35%, transparent); }
        .note-box > .icon { margin-top: .125rem; color: var(--tone, var(--idle)); }
        .note-box strong { display: block; }
        .note-box > div { min-width: 0; overflow-wrap: anywhere; }
        .note-box .code-name { display: block; margin-top: var(--s1); color: var(--muted); font-size: var(--t-xs); }
        .note-box li a { text-decoration: underline; text-underline-offset: .2em; }
        .empty { display: grid; justify-items: center; gap: var(--s2); padding: var(--s12) var(--s4); text-align: center; color: var(--muted); }
        .empty > .icon { width: 2rem; height: 2rem; color: var(--idle-mark); }
        .empty strong { color: var(--text); font-size: var(--t-l); }
        .empty p { max-width: 52ch; }
        .empty .row { margin-top: var(--s2); justify-content: center; }
        .error-page { max-width: 40rem; margin: var(--s12) auto 0; }
        .loading { display: grid; gap: var(--s2); padding: var(--s4); }
        .loading span { height: .875rem; border-radius: var(--radius-s); background: var(--line); animation: pulse 1.6s ease-in-out infinite; }
        .loading span:nth-child(2n) { width: 72%; }
        .loading span:nth-child(3n) { width: 86%; }
        @keyframes pulse { 50% { opacity: .45; } }
        .tabs { display: flex; gap: var(--s1); border-bottom: 1px solid var(--line); overflow-x: auto; scrollbar-width: thin; }
        @media (max-width: 40rem) { .tabs { flex-wrap: wrap; overflow: visible; } .tabs a { padding-inline: var(--s2); } }
        .tabs a { display: flex; align-items: center; gap: var(--s2); padding: var(--s2) var(--s3); margin-bottom: -1px; border-bottom: 2px solid transparent;
          color: var(--muted); white-space: nowrap; }
        .tabs a:hover { color: var(--text); text-decoration: none; }
        .tabs a[aria-current] { border-color: var(--accent); color: var(--text); font-weight: var(--strong); }
        .tabs a:focus-visible { outline-offset: -2px; }
        .dialog { width: min(32rem, calc(100vw - 2rem)); margin: auto; padding: 0; border: 1px solid var(--line); border-radius: var(--radius);
          background: var(--raised); color: var(--text); box-shadow: var(--shadow); }
        .dialog[open] { max-height: calc(100dvh - 2rem); overflow-y: auto; scroll-padding-block: 4rem; }
        .dialog::backdrop { background: var(--dim); }
        /* Without the script: over the page all the same, which is dimmed by the shadow. */
        .dialog[open]:not(:modal) { position: fixed; inset: 0; z-index: 40; height: fit-content; box-shadow: 0 0 0 100vmax var(--dim); }
        .dialog header, .dialog footer { display: flex; align-items: center; justify-content: space-between; gap: var(--s3); padding: var(--s3) var(--s4); }
        /* What a dialog asks and what ends it stay in sight, however long it is. */
        .dialog :is(header, footer) { position: sticky; z-index: 1; background: var(--raised); }
        .dialog header { top: 0; border-bottom: 1px solid var(--line); }
        .dialog header h2 { min-width: 0; overflow-wrap: anywhere; }
        .dialog footer { bottom: 0; flex-wrap: wrap; border-top: 1px solid var(--line); justify-content: flex-end; }
        .dialog h2:focus, .note-box:focus { outline: none; }
        .dialog .body { padding: var(--s4); }
        .dialog .body > * + * { margin-top: var(--s4); }
        .popover { position: fixed; inset: 3.25rem var(--s4) auto auto; margin: 0; width: 16rem; padding: var(--s2); border: 1px solid var(--line);
          border-radius: var(--radius); background: var(--raised); color: var(--text); box-shadow: var(--shadow); }
        .popover .who-card { padding: var(--s2); border-bottom: 1px solid var(--line); margin-bottom: var(--s2); }
        .popover a, .popover button { display: flex; width: 100%; align-items: center; gap: var(--s3); min-height: var(--control-height); padding: 0 var(--s2);
          border: 0; border-radius: var(--radius-s); background: none; color: var(--text); font-weight: var(--regular); cursor: pointer; text-align: left; }
        .popover a:hover, .popover button:hover { background: var(--hover); text-decoration: none; }
        .toasts { position: fixed; right: var(--s4); bottom: var(--s12); z-index: 50; display: grid; gap: var(--s2); width: min(24rem, calc(100vw - 2rem)); }
        .toast { display: flex; align-items: flex-start; gap: var(--s3); padding: var(--s3) var(--s4); border: 1px solid var(--line); border-radius: var(--radius);
          background: var(--raised); box-shadow: var(--shadow); }
        .toast p { flex: 1; }
        .toast > .icon { color: var(--tone, var(--accent)); margin-top: .125rem; }
        /* In the flow, after all content: at the end of the page nothing lies under it. */
        .connection { position: sticky; bottom: 0; z-index: 45; }
        .offline { display: flex; align-items: center; gap: var(--s2); justify-content: center;
          min-height: 2.75rem; padding: var(--s2) var(--s4); border-top: 2px solid var(--warn-mark); background: var(--warn-bg); color: var(--warn);
          font-size: var(--t-s); font-weight: var(--strong); }
        body:has(> .connection > .offline:not([hidden])) .side { height: calc(100vh - 2.75rem); }
        body:has(> .connection > .offline:not([hidden])) .toasts { bottom: 5rem; }
        .progress { position: fixed; inset: 0 0 auto; z-index: 60; height: .1875rem; background: var(--accent); transform-origin: left;
          animation: ahead 8s cubic-bezier(.1, .7, .3, 1) both; }
        .panel .offline { border: 0; border-radius: var(--radius-s); }
        @keyframes ahead { from { transform: scaleX(.08); } to { transform: scaleX(.94); } }
        .live { display: inline-flex; align-items: center; gap: var(--s2); justify-content: flex-end; color: var(--muted); font-size: var(--t-s); min-width: 6.5rem; }
        @media (max-width: 54rem) { .live { justify-content: flex-start; } }
        .live::before { content: ""; width: .5rem; height: .5rem; border-radius: 50%; background: var(--idle-mark); }
        .live[data-state="live"]::before { background: var(--ok-mark); }
        .live[data-state="lost"]::before { background: var(--warn-mark); }
        .steps { counter-reset: step; }
        .steps > li { counter-increment: step; position: relative; padding: 0 0 var(--s5) 2.5rem; }
        .steps > li::before { content: counter(step); position: absolute; left: 0; top: -.0625rem; display: grid; place-items: center; width: 1.625rem;
          height: 1.625rem; border-radius: 50%; border: 1px solid var(--line-strong); color: var(--muted); font-size: var(--t-s); font-weight: var(--strong); }
        .steps > li:not(:last-child)::after { content: ""; position: absolute; left: .8125rem; top: 1.75rem; bottom: .125rem; width: 1px; background: var(--line); }
        .steps > .done::before { content: "✓"; border-color: var(--ok-mark); background: var(--ok-bg); color: var(--ok); }
        .steps > .now::before { border-color: var(--accent); background: var(--accent); color: var(--on-accent); }
        .steps > .later > h3 { color: var(--muted); }
        .steps > li > * + * { margin-top: var(--s2); }
        .steps .code-block { margin: var(--s1) 0 var(--s2); color: var(--text); }
        }

        """
}
