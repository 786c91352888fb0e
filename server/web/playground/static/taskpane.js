/** Outlook's task pane: the real pane in a frame, to which this page is the Outlook around it (see office-standin.js). */
import { h } from "./dom.js";

export class TaskPane {
    #ready = false;
    #item = null;

    /** `token()` brings {accessToken, expiresIn} for the agent who is signed in. */
    constructor(root, words, token) {
        this.token = token;
        this.frame = h("iframe", { title: words.pane, class: "pane-frame" });
        root.replaceChildren(h("div", { class: "pane-title" }, h("img", { src: "/playground/static/mark.svg", alt: "" }), h("h3", {}, "Sobani")), this.frame);
        this.listener = (event) => {
            if (event.source === this.frame.contentWindow && event.origin === location.origin) {
                this.#heard(event.data ?? {});
            }
        };
        window.addEventListener("message", this.listener);
    }

    /** Signs somebody in: as in Outlook, another account or language is another page load. */
    signIn(agent, language, theme) {
        this.#ready = false;
        this.profile = { emailAddress: agent.email, displayName: agent.name, timeZone: "Asia/Tokyo", tenantId: agent.tenant, objectId: agent.object };
        this.language = language === "en" ? "en-US" : "ja-JP";
        this.theme = theme;
        this.frame.src = `/outlook/pane?lang=${language}`;
    }

    /** The selected mail, or null. */
    select(item) {
        this.#item = item;
        this.#tell({ type: "sobani:item", item });
    }

    paint(theme) {
        this.theme = theme;
        this.#tell({ type: "sobani:theme", theme });
    }

    close() {
        window.removeEventListener("message", this.listener);
    }

    #tell(message) {
        if (this.#ready) {
            this.frame.contentWindow.postMessage(message, location.origin);
        }
    }

    async #heard(message) {
        if (message.type === "sobani:ready") {
            this.#ready = true;
            this.#tell({ type: "sobani:host", profile: this.profile, language: this.language, theme: this.theme, item: this.#item });
        } else if (message.type === "sobani:get-token") {
            let answer = { error: "NoNetwork" };
            try {
                answer = await this.token();
            } catch {
                // The pane says in its own words that it could not sign in.
            }
            this.#tell({ type: "sobani:token", id: message.id, ...answer });
        }
    }
}
