/** The page with two mail clients over one mailbox. What is chosen stands in the address, so that a reload keeps it. */
import { GmailSide } from "./gmailside.js";
import { OutlookSide } from "./outlookside.js";
import { getJson, postJson } from "./post.js";
import { paintPage, pageSettings } from "./settings.js";
import { WORDS } from "./words.js";

const LOOK_EVERY_MS = 2000;

class Page {
    constructor(agents, hash) {
        this.agents = agents;
        this.hash = hash;
        this.settings = pageSettings();
    }

    async build() {
        this.words = WORDS[this.settings.language];
        await Promise.all([this.left?.closeWindow(), this.right?.closeWindow()]);
        this.left?.client.panel.replaceChildren();
        this.right?.sidebar.close();
        this.left = new GmailSide(document.querySelector("#gmail"), this);
        this.right = new OutlookSide(document.querySelector("#outlook"), this);
        this.left.other = this.right;
        this.right.other = this.left;
        paintPage(this.settings, this.words, {
            title: this.words.title,
            language: () => this.build(),
            theme: () => this.right.paint(this.settings.theme),
        });
        document.querySelector("#intro").textContent = this.words.intro;
        document.querySelector("#to-gallery").textContent = this.words.gallery;
        this.paintCrm(await getJson("/playground/crm"));
        const [left, right] = ["left", "right"].map((side) => this.hash.get(side)?.split("|") ?? []);
        await Promise.all([
            this.left.signIn(left[0] ?? this.agents[0].id, left[1] || null),
            this.right.signIn(right[0] ?? this.agents[1].id, right[1] || null),
        ]);
    }

    /** The switch of the sample CRM: how it fares is one for everybody who looks at this playground. */
    paintCrm({ state }) {
        const group = document.querySelector("#crm");
        group.setAttribute("aria-label", this.words.crm.about);
        group.querySelector("span").textContent = this.words.crm.short;
        for (const button of group.querySelectorAll("button")) {
            button.textContent = this.words.crm[button.value];
            button.setAttribute("aria-pressed", String(button.value === state));
            button.onclick = async () => {
                this.paintCrm(await postJson("/playground/crm", { state: button.value }));
                this.say(this.words.crm.said[button.value]);
            };
        }
    }

    /** Whether mail has come or gone, on either side or in another window: both lists then show it. */
    async look() {
        const version = await getJson("/playground/version");
        if (version !== this.version) {
            const isFirst = this.version === undefined;
            this.version = version;
            if (!isFirst) {
                await Promise.all([this.left, this.right].filter((side) => side.agent).map((side) => side.refresh()));
            }
        }
    }

    async follow() {
        try {
            if (!document.hidden) {
                await this.look();
            }
        } catch {
            // Whatever the person does next says that the service is away.
        }
        setTimeout(() => this.follow(), LOOK_EVERY_MS);
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
        clearTimeout(this.saying);
        this.saying = setTimeout(() => line.classList.remove("shown"), 4000);
    }
}

window.addEventListener("unhandledrejection", () => page.say(page.words.unreachable));
const page = new Page(await getJson("/playground/agents"), new URLSearchParams(location.hash.slice(1)));
await page.look();
await page.build();
page.follow();
