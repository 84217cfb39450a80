/// Our own ES modules. Pages work without them; with them they are live and save a round trip.
enum Script {
    /// Theme, copying, dialogs, toasts, being offline. Imports the others.
    static let app = """
        import { startLive } from './live.js';
        import { startForms } from './forms.js';

        const root = document.documentElement;
        // With a link it stays until it is dismissed.
        const say = (text, tone = 'ok', link) => {
          const toast = document.querySelector('#toast-form').content.firstElementChild.cloneNode(true);
          toast.classList.add(tone);
          toast.querySelector('p').textContent = text;
          const sign = toast.querySelector('use');
          if (tone !== 'ok') sign.setAttribute('href', sign.getAttribute('href').replace(/#.*/, '#warning'));
          document.querySelector('.toasts').append(toast);
          toast.querySelector('[data-close]').addEventListener('click', () => toast.remove());
          if (!link) { setTimeout(() => toast.remove(), 6000); return; }
          const anchor = document.createElement('a');
          [anchor.href, anchor.textContent] = [link.href, link.text];
          toast.querySelector('p').append(' ', anchor);
        };

        // Theme: what the person chose, else what the system says. The cookie lets the server send the right one at once.
        const themeButton = document.querySelector('[data-theme-toggle]');
        const systemDark = matchMedia('(prefers-color-scheme: dark)');
        const isDark = () => (root.dataset.theme ?? (systemDark.matches ? 'dark' : 'light')) === 'dark';
        const showTheme = () => {
          themeButton?.setAttribute('aria-pressed', String(isDark()));
        };
        themeButton?.addEventListener('click', () => {
          root.dataset.theme = isDark() ? 'light' : 'dark';
          document.cookie = `obis-theme=${root.dataset.theme}; path=/; max-age=31536000; secure; samesite=lax`;
          showTheme();
        });
        systemDark.addEventListener('change', showTheme);
        if (themeButton) { themeButton.hidden = false; showTheme(); }

        // Copying.
        for (const button of document.querySelectorAll('[data-copy]')) {
          if (!navigator.clipboard) continue;
          button.hidden = false;
          button.addEventListener('click', async () => {
            const source = document.getElementById(button.dataset.copy);
            try {
              await navigator.clipboard.writeText(source.textContent.trim());
              say('Copied');
            } catch { say('The browser does not allow copying', 'warn'); }
          });
        }

        // Dialogs: without this the link loads the page with the dialog open.
        for (const opener of document.querySelectorAll('[data-dialog]')) {
          opener.addEventListener('click', event => {
            const dialog = document.getElementById(opener.dataset.dialog);
            if (!dialog?.showModal) return;
            event.preventDefault();
            if (dialog.open) dialog.close();
            dialog.showModal();
          });
        }
        // One that came open with the page: the page behind it is as good as away.
        for (const dialog of document.querySelectorAll('dialog[open]')) {
          if (!dialog.showModal) continue;
          dialog.close();
          dialog.showModal();
        }
        for (const closer of document.querySelectorAll('dialog [data-close]')) {
          closer.addEventListener('click', event => {
            event.preventDefault();
            closer.closest('dialog').close();
          });
        }
        for (const toast of document.querySelectorAll('.toast [data-close]')) {
          toast.addEventListener('click', () => toast.closest('.toast').remove());
        }

        for (const button of document.querySelectorAll('[data-print]')) {
          button.hidden = false;
          button.addEventListener('click', () => print());
        }

        // Offline.
        const banner = document.querySelector('[role="status"] > .offline');
        // What needs the portal is disabled until it is there again; the bar says so.
        const needing = 'form button[type="submit"], main a.button:not([data-close]), main .downloads a, [data-live-pause]';
        const reach = isThere => {
          banner.hidden = isThere && navigator.onLine;
          for (const each of document.querySelectorAll(banner.hidden ? '[data-away]' : needing)) {
            if (!banner.hidden && (each.disabled || each.ariaDisabled)) continue;
            each.ariaDisabled = banner.hidden ? null : 'true';
            each.toggleAttribute('data-away', !banner.hidden);
          }
        };
        addEventListener('click', event => {
          if (!event.target.closest('[data-away]')) return;
          event.preventDefault();
          event.stopImmediatePropagation();
        }, true);
        const online = () => reach(true);
        addEventListener('online', online);
        addEventListener('offline', online);

        // Another page on its way: after a moment that is told. Without the portal this one stays, with all that was entered.
        const progress = document.querySelector('.progress');
        const leaving = document.querySelector('.leaving');
        let waiting;
        const stay = () => {
          clearTimeout(waiting);
          progress.hidden = true;
          leaving.textContent = '';
        };
        const leave = event => {
          if (event.defaultPrevented) return;
          if (!navigator.onLine) {
            event.preventDefault();
            // The bar says it already; for whoever can't see it again.
            leaving.textContent = 'Not connected. This page stays as it is.';
            return;
          }
          stay();
          waiting = setTimeout(() => {
            progress.hidden = false;
            leaving.textContent = 'Loading';
          }, 400);
        };
        addEventListener('click', event => {
          const link = event.target.closest('a[href]');
          if (!link || event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
          const isFile = link.target || link.hasAttribute('download') || link.pathname.endsWith('.json');
          const isHere = link.hash && link.pathname === location.pathname && link.search === location.search;
          if (!isFile && !isHere && link.origin === location.origin) leave(event);
        });
        // A file comes beside the page, which stays.
        addEventListener('submit', event => { if (!('file' in event.target.dataset) || !navigator.onLine) leave(event); });
        addEventListener('pageshow', stay);

        online();
        startLive({ say, reach });
        startForms({ say });
        """

    /// One stream a tab, 1 Hz. Only what changed is sent and replaced; places have room for what comes, so nothing moves.
    static let live = """
        const places = () => new Map([...document.querySelectorAll('[data-live]')].map(e => [e.dataset.live, e]));

        export function startLive({ say, reach }) {
          const lamp = document.querySelector('.live');
          if (!lamp) return;
          const page = location.pathname + location.search;
          const address = `/live?page=${encodeURIComponent(page)}`;
          const pause = document.querySelector('[data-live-pause]');
          let stream, poll, last = '', paused = false, failures = 0, asked = 0, isLost = false, isTouched = false, isTold = false;

          // What somebody has begun to enter is lost with the page: then it is theirs to leave it.
          addEventListener('input', event => { if (event.target.form?.method === 'post') isTouched = true; });
          const gone = () => {
            stop();
            show('lost', 'Ended');
            if (!isTouched) return location.reload();
            if (!isTold) say('Your session has ended. What you entered is still here: send it, and sign in.', 'warn', { href: page, text: 'Load the page anew' });
            isTold = true;
          };

          const show = (state, text) => { lamp.dataset.state = state; lamp.textContent = text; };
          // What somebody is in stays until they have left it.
          const late = {};
          const put = changes => {
            const byKey = places();
            for (const [key, html] of Object.entries(changes)) {
              const place = byKey.get(key);
              if (!place) continue;
              if (place.contains(document.activeElement)) { late[key] = html; continue; }
              delete late[key];
              if (place.innerHTML === html) continue;
              if ('keep' in place.dataset) {
                place.style.minBlockSize = `${place.offsetHeight}px`;
                place.style.minInlineSize = `min(${place.offsetWidth}px, 100%)`;
              }
              place.innerHTML = html;
            }
          };
          addEventListener('focusout', () => setTimeout(() => put({ ...late })));
          const heard = () => {
            failures = 0;
            reach(true);
            show('live', 'Live');
          };
          const stop = () => {
            stream?.close();
            clearInterval(poll);
            stream = poll = undefined;
          };
          const fetchOnce = async () => {
            try {
              const answer = await fetch(`${address}&once=1`, { headers: { accept: 'application/json' }, cache: 'no-store' });
              if (answer.status === 401) return gone();
              // The page is not for this person any more, or not there: nothing comes.
              if ([403, 404].includes(answer.status)) { stop(); show('lost', 'Ended'); return; }
              if (!answer.ok) throw new Error(answer.status);
              put(await answer.json());
              heard();
              show('live', 'Every 5 s');
              asked += 1;
              // The portal is back, or a minute is over: perhaps a stream is to be had again.
              if (isLost || asked >= 12) start();
            } catch {
              isLost = true;
              show('lost', 'Not live');
              reach(false);
            }
          };
          const askInstead = () => { stop(); fetchOnce(); poll = setInterval(fetchOnce, 5000); };
          const start = () => {
            stop();
            [asked, isLost] = [0, false];
            show('wait', 'Connecting');
            stream = new EventSource(last ? `${address}&after=${last}` : address);
            stream.addEventListener('change', event => { last = event.lastEventId; heard(); put(JSON.parse(event.data)); });
            stream.addEventListener('still', event => { last = event.lastEventId; heard(); });
            // The session may go on with another cookie, which the next request brings.
            stream.addEventListener('end', () => { askInstead(); isLost = true; });
            stream.addEventListener('error', () => {
              failures += 1;
              show('lost', 'Reconnecting');
              if (failures === 3) reach(false);
              // No stream to be had: ask every five seconds instead.
              if (failures > 3 || stream?.readyState === EventSource.CLOSED) askInstead();
            });
          };
          if (pause) {
            pause.hidden = false;
            pause.addEventListener('click', () => {
              paused = !paused;
              pause.setAttribute('aria-pressed', String(paused));
              pause.querySelector('.label').textContent = paused ? 'Resume' : 'Pause';
              if (paused) { stop(); show('wait', 'Paused'); } else start();
            });
          }
          document.addEventListener('visibilitychange', () => {
            if (document.hidden) { stop(); show('wait', 'Waiting'); } else if (!paused) start();
          });
          addEventListener('offline', () => { if (!paused) { stop(); show('lost', 'Not live'); } });
          addEventListener('online', () => { if (!paused && !document.hidden) start(); });
          addEventListener('pagehide', stop);
          start();
        }
        """

    /// What a form can say before it is sent: what remains of a quota, times in the factory's zone, a file's way up.
    static let forms = """
        const number = value => value.toLocaleString('en-US');

        // Milliseconds that a zone is ahead of UTC at a time.
        const ahead = (zone, time) => {
          const parts = new Intl.DateTimeFormat('sv-SE', { timeZone: zone, dateStyle: 'short', timeStyle: 'medium' }).format(time);
          return new Date(`${parts.replace(' ', 'T')}Z`) - time;
        };
        // As the portal reads it: what was ahead at that time of UTC tells where to look, what is ahead there counts.
        export const inZone = (zone, local) => {
          const wall = new Date(`${local}Z`);
          return new Date(wall - ahead(zone, new Date(wall - ahead(zone, wall))));
        };

        // As the pages write times: 23 Nov 2026, 08:51.
        const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
        const house = iso => `${Number(iso.slice(8, 10))} ${months[Number(iso.slice(5, 7)) - 1]} ${iso.slice(0, 4)}, ${iso.slice(11, 16)}`;
        const city = zone => zone.split('/').at(-1).replaceAll('_', ' ');

        function batchForm(form) {
          const [edge, quantity] = [form.elements.edgeHSM, form.elements.quantity];
          const out = form.querySelector('[data-left]');
          const update = () => {
            const choice = edge?.selectedOptions?.[0];
            const left = Number(choice?.dataset.remaining ?? NaN), most = Number(choice?.dataset.limit), wanted = Number(quantity.value || 0);
            if (Number.isNaN(left)) { out.textContent = ''; return; }
            const over = wanted > most;
            out.textContent = wanted <= 0 || over ? choice.dataset.most : `${number(left - wanted)} of ${number(left)} are left here after this batch`;
            // One red line is enough: what the portal refused says it already.
            out.className = over && !form.querySelector('#f-quantity-error') ? 'error' : 'help';
            quantity.setAttribute('aria-invalid', String(over));
            for (const field of form.querySelectorAll('[data-utc]')) {
              const input = form.elements[field.dataset.utc], zone = choice?.dataset.zone;
              if (!input.value || !zone) { field.textContent = ' '; continue; }
              try { field.textContent = `${house(input.value)} ${city(zone)} · ${house(inZone(zone, input.value).toISOString())} UTC`; } catch { field.textContent = ' '; }
            }
          };
          form.addEventListener('input', update);
          update();
        }

        // The raw file up; a fetch would not say how far it is.
        const send = (method, address, type, body, csrf, progress) => new Promise((resolve, reject) => {
          const request = new XMLHttpRequest();
          request.open(method, address);
          request.responseType = 'json';
          request.setRequestHeader('content-type', type);
          request.setRequestHeader('x-obis-csrf', csrf);
          request.upload.addEventListener('progress', event => { if (event.lengthComputable) progress(event.loaded / event.total); });
          request.addEventListener('load', () => resolve(request));
          request.addEventListener('error', () => reject(new Error('network')));
          request.send(body);
        });

        // A form that is sent, or a place in one where a file is chosen. What came of it stands beside.
        function upload(box, say) {
          const [input, out, bar] = ['[type=file]', 'output', 'progress'].map(each => box.querySelector(each));
          const tell = (text, isWrong) => { out.textContent = text; out.className = isWrong ? 'error' : 'help'; if (isWrong) bar.value = 0; };
          box.addEventListener(box.matches('form') ? 'submit' : 'change', async event => {
            const file = input.files[0];
            event.preventDefault();
            if (!file) return tell('Choose a file first.');
            const { upload, lines } = box.dataset;
            const bytes = lines ? file : await file.arrayBuffer();
            const digest = lines ? '' : [...new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))].map(b => b.toString(16).padStart(2, '0')).join('');
            tell(`Uploading ${file.name}, ${number(file.size)} octets …`);
            const progress = part => { bar.value = 100 * part; };
            const csrf = box.closest('form').elements.csrf.value;
            let answer;
            try {
              answer = lines ? await send('POST', lines, 'application/x-ndjson', bytes, csrf, progress)
                : await send('PUT', `${upload}/${digest}`, 'application/octet-stream', bytes, csrf, progress);
            } catch { return tell('The connection broke. Send it again: nothing is counted twice.', true); }
            if (answer.status >= 300) {
              const problem = answer.response ?? {};
              return tell(`${file.name}: ${problem.title ?? 'The portal refused the file.'} ${problem.remedy ?? ''}`, true);
            }
            bar.value = 100;
            if (lines) {
              const { entries, labels, events } = answer.response;
              return tell(`Imported: ${number(entries)} journal entries, ${number(labels)} labels, ${number(events)} events.`);
            }
            tell(`${file.name} is in the portal, ${number(file.size)} octets.`);
            document.querySelector(box.dataset.into).value = digest;
            say('Uploaded');
          });
        }

        function read(box) { // A certificate or a document from a file into its field: text as it is, DER as base64.
          const [input, out] = [box.querySelector('input'), box.querySelector('output')];
          const tell = (text, isWrong) => { out.textContent = text; out.className = isWrong ? 'error' : 'help'; };
          input.addEventListener('change', async () => {
            const files = [...input.files], large = files.find(file => file.size > box.dataset.largest);
            if (large) return tell(`${large.name} is not what belongs here: ${number(large.size)} octets.`, true);
            const texts = await Promise.all(files.map(async file => {
              const bytes = new Uint8Array(await file.arrayBuffer());
              return 'text' in box.dataset || bytes.every(b => b < 128) ? new TextDecoder().decode(bytes).trim() : btoa(String.fromCharCode(...bytes));
            }));
            document.getElementById(box.dataset.read).value = texts.join(String.fromCharCode(10));
            tell(`Read ${files.map(file => `${file.name}, ${number(file.size)} octets`).join('; ')}. ${box.dataset.then}`);
          });
        }

        // Who sees what they type makes longer passwords.
        function reveal(field) {
          const [box, button] = [document.createElement('span'), document.createElement('button')];
          const name = field.labels[0]?.textContent.trim() ?? 'password';
          box.className = 'reveal';
          button.type = 'button';
          button.className = 'button quiet small';
          const show = isShown => {
            field.type = isShown ? 'text' : 'password';
            button.textContent = isShown ? 'Hide' : 'Show';
            button.setAttribute('aria-label', `${button.textContent}: ${name}`);
          };
          show(false);
          button.addEventListener('click', () => show(field.type === 'password'));
          field.form?.addEventListener('submit', () => show(false));
          const isFocused = document.activeElement === field;
          field.replaceWith(box);
          box.append(field, button);
          if (isFocused) field.focus();
        }

        export function startForms({ say }) {
          for (const form of document.querySelectorAll('form[data-batch]')) batchForm(form);
          for (const box of document.querySelectorAll('[data-upload], form[data-lines]')) { box.hidden = false; upload(box, say); }
          for (const box of document.querySelectorAll('[data-read]')) { box.hidden = false; read(box); }
          // A form is sent once; its key would make a second time the same anyway.
          for (const form of document.querySelectorAll('form[method="post"]')) {
            form.addEventListener('submit', event => setTimeout(() => {
              if (event.defaultPrevented) return;
              for (const button of form.querySelectorAll('button[type="submit"]')) button.disabled = true;
            }));
          }
          for (const select of document.querySelectorAll('[data-submits]')) select.addEventListener('change', () => select.form.requestSubmit());
          for (const field of document.querySelectorAll('input[type="password"]')) reveal(field);
          // What went wrong first has the focus: the first field that is marked, else the banner.
          const refused = document.querySelector('[aria-invalid="true"], .field:has(> .error) input') ?? document.querySelector('form .note-box[role="alert"], main > .note-box[role="alert"], .door .note-box[role="alert"]');
          refused?.focus();
          // The code of a link stands behind #, which the browser sends to nobody: it is put into the form here.
          const field = document.querySelector('input[data-from-hash]');
          if (field && location.hash.length > 1) { field.value = location.hash.slice(1); history.replaceState(null, '', location.pathname); }
        }
        """
}
