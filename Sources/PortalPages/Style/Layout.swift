extension Stylesheet {
    static let layout = """
        @layer layout {
        .skip { position: absolute; left: var(--s4); top: -6rem; z-index: 40; padding: var(--s2) var(--s4); border-radius: var(--radius);
          background: var(--accent); color: var(--on-accent); }
        .skip:focus { top: var(--s3); }
        .shell { display: grid; grid-template-columns: 14.5rem minmax(0, 1fr); min-height: 100vh; }
        .side { display: flex; flex-direction: column; position: sticky; top: 0; height: 100vh; inset: auto; margin: 0; width: auto; border: 0;
          border-right: 1px solid var(--line); background: var(--surface); color: inherit; padding: var(--s4) var(--s3); overflow-y: auto; }
        .brand { display: flex; align-items: center; gap: var(--s2); padding: 0 var(--s2) var(--s4); color: var(--text);
          font-size: var(--t-l); font-weight: var(--strong); letter-spacing: -.01em; }
        .brand:hover { text-decoration: none; }
        .brand-mark { width: 1.5rem; height: 1.5rem; color: var(--accent); }
        .side h2 { padding: var(--s5) var(--s2) var(--s1); color: var(--muted); font-size: var(--t-xs); }
        .side li a { display: flex; align-items: center; gap: var(--s3); min-height: 2.125rem; padding: var(--s1) var(--s2);
          border-radius: var(--radius-s); color: var(--muted); }
        .side li a:hover { background: var(--hover); color: var(--text); text-decoration: none; }
        .side li a[aria-current] { background: var(--accent-bg); color: var(--accent-strong); font-weight: var(--strong); }
        .side .count { margin-left: auto; }
        .side-foot { margin-top: auto; padding: var(--s4) var(--s2) 0; color: var(--muted); font-size: var(--t-xs); }
        .main { min-width: 0; display: flex; flex-direction: column; }
        .top { display: flex; align-items: center; gap: var(--s3); min-height: 3.25rem; padding: var(--s2) var(--s6);
          border-bottom: 1px solid var(--line); background: var(--surface); position: sticky; top: 0; z-index: 10; }
        .top form { flex: 1 1 12rem; max-width: 26rem; }
        .top-end { display: flex; align-items: center; gap: var(--s2); margin-left: auto; }
        .search { position: relative; display: block; }
        .search .icon { position: absolute; left: var(--s2); top: 50%; translate: 0 -50%; color: var(--muted); pointer-events: none; }
        .who { display: flex; align-items: center; gap: var(--s2); max-width: min(28rem, 36vw); text-align: left; }
        .who-text { min-width: 0; line-height: 1.25; }
        .who-text span { display: block; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
        .avatar { display: grid; place-items: center; flex: none; width: 1.75rem; height: 1.75rem; border-radius: 50%;
          background: var(--accent-bg); color: var(--accent-strong); font-size: var(--t-xs); font-weight: var(--strong); }
        .content { width: 100%; max-width: 96rem; margin: 0 auto; padding: var(--s6) var(--s6) var(--s12); flex: 1; }
        .content > * + * { margin-top: var(--s6); }
        .content > [data-live]:empty { display: none; }
        .head { display: flex; flex-wrap: wrap; align-items: flex-start; justify-content: space-between; gap: var(--s3) var(--s6); }
        .head-text { min-width: 0; flex: 1 1 20rem; }
        .head h1 { display: flex; flex-wrap: wrap; align-items: center; gap: var(--s1) var(--s3); }
        .head .lead { margin-top: var(--s1); color: var(--muted); max-width: 75ch; }
        .head .next { display: block; color: var(--text); font-weight: var(--strong); }
        .crumbs ol { display: flex; flex-wrap: wrap; align-items: center; gap: 0 var(--s1); margin-bottom: var(--s1); font-size: var(--t-s); }
        .crumbs li { display: flex; align-items: center; gap: var(--s1); color: var(--muted); }
        .crumbs a { color: var(--muted); }
        /* The last leads to the title beneath. */
        .crumbs li:last-child .icon { display: none; }
        .crumbs .icon { width: .75rem; height: .75rem; }
        .columns { display: grid; grid-template-columns: minmax(0, 1fr) minmax(17rem, 22rem); gap: var(--s6); align-items: start; }
        .columns > * > * + * { margin-top: var(--s6); }
        /* What is decided comes first for whoever reads on, and stands beside the matter where there is room. */
        .columns.leads > :first-child { grid-area: 1 / 2; }
        .columns.leads > :last-child { grid-area: 1 / 1; }
        .halves { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 22rem), 1fr)); gap: var(--s6); align-items: start; }
        .cards { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 12.75rem), 1fr)); gap: var(--s4); }
        .sticky { position: sticky; top: 4.5rem; }
        .plain { display: grid; min-height: 100vh; place-items: center; padding: var(--s6) var(--s4); }
        .plain main { width: 100%; max-width: 27rem; }
        .plain.wide main { max-width: 44rem; }
        .plain .panel-body { padding: var(--s6); }
        .foot { padding: var(--s4) var(--s6); color: var(--muted); font-size: var(--t-xs); }
        @media (max-width: 68rem) { .columns { grid-template-columns: minmax(0, 1fr); } .columns.leads > * { grid-area: auto !important; } .sticky { position: static; } }
        @media (max-width: 54rem) {
          .shell { grid-template-columns: minmax(0, 1fr); }
          .side { display: none; position: fixed; inset: 0 auto 0 0; width: 17rem; height: auto; z-index: 30; box-shadow: var(--shadow); }
          .side:popover-open { display: flex; }
          .side::backdrop { background: #0006; }
          .top { padding: var(--s2) var(--s4); }
          .top form { flex: 1 1 6rem; }
          .who-text { display: none; }
          .content { padding: var(--s4) var(--s4) var(--s8); }
          .content > * + * { margin-top: var(--s5); }
          .side li a { min-height: 2.75rem; }
        }
        }

        """
}
