/** A frame of the add-in with an Outlook around it: the host's half of what office-standin.js speaks. */
import { h } from "./dom.js";

export class OfficeFrame {
    #ready = false;

    /**
     * `host()` = {profile, language, theme, platform, settings, item}: what Outlook says of itself (see office-standin.js).
     * `on` = {token(), reply(form), write(method, args), completed(id, options), settings(kept)}, as far as the frame may need them.
     */
    constructor({ src, title, hidden = false }, host, on) {
        this.host = host;
        this.on = on;
        this.element = h("iframe", { title, src, class: hidden ? "no-frame" : "pane-frame", hidden, "aria-hidden": hidden ? "true" : null, tabindex: hidden ? "-1" : null });
        this.ready = new Promise((resolve) => {
            this.isReady = resolve;
        });
        this.listener = (event) => {
            if (event.source === this.element.contentWindow && event.origin === location.origin) {
                this.#heard(event.data ?? {});
            }
        };
        window.addEventListener("message", this.listener);
    }

    /** Loads the page anew: another account, language or kind of device is another Outlook. */
    load(src) {
        this.#ready = false;
        this.element.src = src;
    }

    tell(message) {
        if (this.#ready) {
            this.element.contentWindow?.postMessage(message, location.origin);
        }
    }

    close() {
        window.removeEventListener("message", this.listener);
        this.element.remove();
    }

    async #heard(message) {
        switch (message.type) {
            case "sobani:ready":
                this.#ready = true;
                this.tell({ type: "sobani:host", ...this.host() });
                this.isReady();
                break;
            case "sobani:get-token": {
                let answer = { error: "NoNetwork" };
                try {
                    answer = await this.on.token();
                } catch {
                    // The pane says in its own words that it could not sign in.
                }
                this.tell({ type: "sobani:token", id: message.id, ...answer });
                break;
            }
            case "sobani:call": {
                let answer;
                try {
                    answer = { value: await this.on.call(message.method, message.args) };
                } catch (error) {
                    answer = { error: String(error.message ?? error) };
                }
                this.tell({ type: "sobani:result", id: message.id, ...answer });
                break;
            }
            case "sobani:completed":
                this.on.completed?.(message.id, message.options);
                break;
            case "sobani:settings":
                this.on.settings?.(message.kept);
                break;
            default:
        }
    }
}
