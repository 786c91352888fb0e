/** The page with two mail clients over one mailbox. What is chosen stands in the address, so that a reload keeps it. */
import { AddonPanel } from "./addonpanel.js";
import { MailClient } from "./mailclient.js";
import { paintPage, pageSettings } from "./settings.js";
import { TaskPane } from "./taskpane.js";
import { WORDS } from "./words.js";

const getJson = async (path) => {
    const answer = await fetch(path);
    if (!answer.ok) {
        throw new Error(`${path}: ${answer.status}`);
    }
    return answer.json();
};
const postJson = async (path, body) => {
    const answer = await fetch(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
    if (!answer.ok) {
        throw new Error(`${path}: ${answer.status}`);
    }
    return answer.json();
};
const mailPath = (agent, key) => `/playground/mailbox/${encodeURIComponent(agent)}/${key.split("/").map(encodeURIComponent).join("/")}`;

/** One of the two halves: a mail client, and the sidebar that follows its selected mail. */
class Side {
    #turn = 0;

    constructor(root, kind, page) {
        this.kind = kind;
        this.page = page;
        this.client = new MailClient(root, kind, page.words, page.settings.language, {
            agent: (id) => this.signIn(id, this.mail),
            mail: (key) => this.open(key),
            share: (key) => this.other.receive(key),
        });
        this.sidebar =
            kind === "gmail"
                ? new AddonPanel(this.client.panel, page.words, (entry, more) => this.#send(entry, more))
                : new TaskPane(this.client.panel, page.words, () => postJson("/playground/outlook/token", { agent: this.agent.id }));
    }

    async signIn(id, mail) {
        this.agent = this.page.agents.find((agent) => agent.id === id) ?? this.page.agents[0];
        this.client.setAgents(this.page.agents, this.agent.id);
        const turn = ++this.#turn;
        const mails = await getJson(`/playground/mailbox/${encodeURIComponent(this.agent.id)}`);
        if (turn !== this.#turn) {
            return; // somebody else has been chosen in the meantime
        }
        const kept = mails.some((row) => row.key === mail) ? mail : null;
        this.client.setMails(mails, kept);
        if (this.kind === "outlook") {
            this.sidebar.signIn(this.agent, this.page.settings.language, this.page.settings.theme);
        }
        await this.open(kept);
    }

    async open(key) {
        const turn = ++this.#turn;
        this.mail = key;
        this.page.remember();
        this.client.choose(key);
        const sidebar = this.kind === "gmail" ? this.sidebar.open(key) : null;
        const mail = key ? await getJson(mailPath(this.agent.id, key)) : null;
        if (turn === this.#turn) {
            this.client.read(mail);
            if (this.kind === "outlook") {
                this.sidebar.select(mail?.outlookItem ?? null);
            }
        }
        await sidebar;
    }

    /** The other side says: look at this mail, too. */
    receive(key) {
        if (this.client.has(key)) {
            this.open(key);
        } else {
            this.page.say(this.page.words.notThere);
        }
    }

    #send(entry, { mail, function: address = "", parameters = {}, formInputs = {} }) {
        return postJson("/playground/gmail/send", {
            agent: this.agent.id,
            entry,
            language: this.page.settings.language,
            mail: mail ?? "",
            function: address,
            parameters,
            form_inputs: formInputs,
        });
    }
}

class Page {
    constructor(agents, hash) {
        this.agents = agents;
        this.hash = hash;
        this.settings = pageSettings();
    }

    async build() {
        this.words = WORDS[this.settings.language];
        this.left?.client.panel.replaceChildren();
        this.right?.sidebar.close();
        this.left = new Side(document.querySelector("#gmail"), "gmail", this);
        this.right = new Side(document.querySelector("#outlook"), "outlook", this);
        this.left.other = this.right;
        this.right.other = this.left;
        paintPage(this.settings, this.words, {
            title: this.words.title,
            language: () => this.build(),
            theme: () => this.right.sidebar.paint(this.settings.theme),
        });
        document.querySelector("#intro").textContent = this.words.intro;
        document.querySelector("#to-gallery").textContent = this.words.gallery;
        const [left, right] = ["left", "right"].map((side) => this.hash.get(side)?.split("|") ?? []);
        await Promise.all([
            this.left.signIn(left[0] ?? this.agents[0].id, left[1] || null),
            this.right.signIn(right[0] ?? this.agents[1].id, right[1] || null),
        ]);
    }

    remember() {
        for (const [name, side] of [["left", this.left], ["right", this.right]]) {
            if (side?.agent) {
                this.hash.set(name, `${side.agent.id}|${side.mail ?? ""}`);
            }
        }
        history.replaceState(null, "", `#${this.hash}`);
    }

    say(text) {
        const line = document.querySelector("#say");
        line.textContent = text;
        line.classList.add("shown");
        setTimeout(() => line.classList.remove("shown"), 4000);
    }
}

window.addEventListener("unhandledrejection", () => page.say(page.words.unreachable));
const page = new Page(await getJson("/playground/agents"), new URLSearchParams(location.hash.slice(1)));
await page.build();
