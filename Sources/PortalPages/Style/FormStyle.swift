extension Stylesheet {
    static let forms = """
        @layer components {
        .form { display: grid; gap: var(--s5); }
        .form .stack > p { max-width: 75ch; }
        .dialog .form { gap: 0; }
        .fields { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 14rem), 1fr)); gap: var(--s5) var(--s4); align-items: start; }
        .fields > .field:has(> .long) { grid-column: 1 / -1; }
        .field label, .field legend { display: block; padding: 0; font-weight: var(--strong); margin-bottom: var(--s1); }
        fieldset { margin: 0; padding: 0; border: 0; min-width: 0; }
        .optional { color: var(--muted); font-weight: var(--regular); }
        input:not([type="checkbox"], [type="radio"]), select, textarea { display: block; width: 100%; min-height: var(--control-height); padding: var(--s1) var(--s2);
          border: 1px solid var(--control); border-radius: var(--radius-s); background: var(--surface); color: var(--text); }
        select { padding-right: var(--s2); }
        .search input:not([type="checkbox"], [type="radio"]) { padding-left: 2rem; border-color: var(--line-strong); cursor: text; }
        .search:hover input:not([type="checkbox"], [type="radio"]) { border-color: var(--control); }
        .search input::placeholder { color: var(--muted); opacity: 1; }
        textarea { min-height: 5rem; resize: vertical; line-height: 1.5; }
        /* The parts of a date have the focus one by one; the ring is the field's. */
        input:is([type=datetime-local], [type=date]):focus-within { outline: 2px solid var(--accent); }
        input:focus-visible, select:focus-visible, textarea:focus-visible { outline-offset: 0; border-color: var(--accent); }
        input[aria-invalid="true"], select[aria-invalid="true"], textarea[aria-invalid="true"] { border-color: var(--bad); box-shadow: 0 0 0 1px var(--bad); }
        input:disabled, select:disabled, textarea:disabled { background: var(--sunken); color: var(--muted); border-color: var(--line); }
        input[type="checkbox"], input[type="radio"] { width: 1rem; height: 1rem; margin: .1875rem 0 0; accent-color: var(--accent); flex: none; }
        /* Drawn by us: browsers fill an empty one grey in the dark. */
        @media not (forced-colors: active) {
          input[type="checkbox"] { appearance: none; display: grid; place-content: center; border: 1px solid var(--control); border-radius: .1875rem; background: var(--surface); }
          input[type="checkbox"]:checked { border-color: var(--accent); background: var(--accent); }
          input[type="checkbox"]:checked::before { content: ""; width: .625rem; height: .625rem; background: var(--on-accent);
            clip-path: polygon(14% 44%, 0 60%, 42% 96%, 100% 18%, 84% 4%, 40% 66%); }
        }
        .check { display: flex; gap: var(--s2); align-items: flex-start; }
        .field .check label { font-weight: var(--regular); margin: 0; }
        .help { margin-top: var(--s1); color: var(--muted); font-size: var(--t-s); }
        .help.now { color: var(--text); font-weight: var(--strong); overflow-wrap: anywhere; }
        /* What somebody else has put there stands beside what was entered. */
        .dialog .field:has(> .now) { display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 0 var(--s3); }
        .dialog .field:has(> .now) > * { grid-column: 1 / -1; }
        .dialog .field:has(> .now) > :is(input, select, textarea) { grid-area: 2 / 1; }
        .dialog .field:has(> .now) > .now { grid-area: 2 / 2; margin: 0; padding: var(--s1) var(--s2); border-radius: var(--radius-s); background: var(--warn-bg); }
        .error { display: flex; gap: var(--s1); margin-top: var(--s1); color: var(--bad); font-size: var(--t-s); font-weight: var(--strong); }
        .error .icon { width: 1rem; height: 1rem; margin-top: .125rem; }
        input[type="file"]:not(:disabled) { padding: .1875rem; color: var(--muted); }
        input::file-selector-button { min-height: 1.625rem; margin-right: var(--s3); padding: 0 var(--s2); border: 1px solid var(--line-strong);
          border-radius: var(--radius-s); background: var(--surface); color: var(--text); font: inherit; font-weight: var(--strong); cursor: pointer; }
        input::file-selector-button:hover { background: var(--hover); }
        .cards-form .fields { grid-template-columns: repeat(auto-fill, minmax(min(100%, 17rem), 1fr)); }
        .cards-form .fields.four, .choices { grid-template-columns: repeat(auto-fill, minmax(min(100%, 14rem), 1fr)); }
        .cards-form textarea { font-family: var(--mono); font-size: var(--t-xs); }
        .cards-form .error { overflow-wrap: anywhere; }
        .file-pick { margin-top: var(--s2); }
        .field .file-pick label, .file-pick label { margin-bottom: var(--s1); color: var(--muted); font-size: var(--t-s); font-weight: var(--regular); }
        .file-pick progress { margin-top: var(--s2); }
        .file-pick output { display: block; overflow-wrap: anywhere; }
        .choices { display: grid; gap: var(--s3) var(--s4); margin-top: var(--s3); }
        .field .choices .check label { font-weight: var(--strong); }
        .choices .help { margin-top: 0; }
        fieldset:focus { outline: none; }
        progress { display: block; width: 100%; height: .5rem; accent-color: var(--accent); }
        /* Its place is kept; a bar without anything under way says nothing. */
        progress[value="0"] { visibility: hidden; }
        .suffix { display: flex; align-items: center; gap: var(--s2); }
        .actions { display: flex; flex-wrap: wrap; gap: var(--s2); align-items: center; }
        .filters { display: flex; flex-wrap: wrap; gap: var(--s3); align-items: flex-end; }
        .filters .optional { display: none; }
        .filters .field { flex: 1 1 8rem; max-width: 16rem; }
        .filters .field:has(select) { flex-basis: 10rem; }
        .filters > .row { flex-wrap: nowrap; }
        .filters .field:has([type="search"]) { flex: 1 1 10rem; max-width: 24rem; }
        .filters:has(> .fold) > .field { flex-basis: 100%; max-width: 32rem; }
        .fold { flex: 1 1 auto; max-width: 100%; }
        .fold > div { display: flex; flex-wrap: wrap; gap: var(--s3); align-items: flex-end; }
        .fold > summary { display: inline-flex; align-items: center; gap: var(--s2); min-height: var(--control-height); cursor: pointer; font-weight: var(--strong); list-style: none; }
        .fold > summary::-webkit-details-marker { display: none; }
        .fold[open] > summary { margin-bottom: var(--s2); }
        /* Where there is room nothing is folded: no word, no click. */
        @supports selector(::details-content) {
          @media (min-width: 40rem) { .fold > summary { display: none; } .fold::details-content { content-visibility: visible; } }
        }
        @media (max-width: 40rem) { .fold { flex-basis: 100%; } .fold .field { flex: 1 1 100%; max-width: none; } }
        .chip { display: inline-flex; flex-wrap: wrap; align-items: center; gap: 0 var(--s2); padding: 0 0 0 var(--s3); border: 1px solid var(--line-strong); border-radius: 1rem; font-size: var(--t-s); line-height: 1.875rem; }
        .chip a { display: grid; place-items: center; width: 1.875rem; height: 1.875rem; border-radius: 50%; color: var(--muted); }
        .chip a:hover { background: var(--hover); color: var(--text); }
        .filters label { white-space: nowrap; }
        .panel-body > .filters[data-file] .field { flex: 1 1 7rem; max-width: 16rem; }
        .downloads > li { display: flex; flex-wrap: wrap; align-items: center; gap: 0 var(--s3); padding: var(--s2) var(--s4); border-bottom: 1px solid var(--line); }
        .downloads > li:last-child { border-bottom: 0; }
        .downloads > li > a { display: inline-flex; align-items: center; gap: var(--s2); font-weight: var(--strong); }
        .downloads > li > .filters { flex-basis: 100%; }
        .filters.choose .field { flex: 0 1 auto; max-width: 100%; }
        .pick { display: grid; grid-template-columns: minmax(0, 1fr) auto; gap: var(--s3); align-items: start; }
        .pick > .button { margin-top: 1.5625rem; }
        @media (max-width: 30rem) { .filters .field { flex: 1 1 8rem; } .filters .field:has([type="search"]) { flex-basis: 100%; max-width: none; } }
        }

        """
}
