/** One of the two halves: a mail client with somebody signed in, and the mails they read and write. What its sidebar does is the subclasses' affair. */
import { ComposeWindow } from "./compose.js";
import { MailClient } from "./mailclient.js";
import * as post from "./post.js";

export class Side {
    #turn = 0;
    #arrivals = 0;

    constructor(root, kind, page) {
        this.kind = kind;
        this.page = page;
        this.words = page.words;
        this.client = new MailClient(root, kind, page.words, page.settings.language, {
            agent: (id) => this.signIn(id, this.mail),
            mail: (key) => this.open(key),
            share: (key) => this.other.receive(key),
            compose: () => this.compose({}),
            reply: (mail, all) => this.reply(mail, all),
            customer: (mail) => this.#customer(mail),
            draft: (key) => this.openDraft(`r-${key.replace("draft/", "")}`),
            phone: () => this.phoneChanged(),
        });
    }

    async signIn(id, mail) {
        await this.closeWindow();
        this.agent = this.page.agents.find((agent) => agent.id === id) ?? this.page.agents[0];
        this.client.setAgents(this.page.agents, this.agent.id);
        const arrival = ++this.#arrivals;
        const turn = ++this.#turn;
        const { mails } = await post.mails(this.agent.id);
        if (arrival !== this.#arrivals) {
            return; // somebody else has been chosen in the meantime
        }
        const wanted = turn === this.#turn ? mail : this.mail; // or another mail, which this account opens
        const kept = mails.some((row) => row.key === wanted) ? wanted : null;
        this.client.setMails(mails, kept);
        this.signedIn();
        await this.open(kept);
    }

    async open(key) {
        const turn = ++this.#turn;
        this.mail = key;
        this.page.remember();
        this.client.choose(key);
        const mail = key ? await post.mail(this.agent.id, key) : null;
        if (turn === this.#turn) {
            this.client.read(mail);
            await this.opened(mail);
        }
    }

    /** Mail has come, or has been sent: the list and the thread show it, and nothing else moves. */
    async refresh() {
        const turn = this.#turn;
        const agent = this.agent.id;
        const [{ mails }, mail] = await Promise.all([post.mails(agent), this.mail ? post.mail(agent, this.mail) : null]);
        if (turn === this.#turn) {
            this.client.update(mails);
            if (mail) {
                this.client.around(mail);
            }
        }
    }

    /** The other side says: look at this mail, too. */
    receive(key) {
        if (this.client.has(key)) {
            this.open(key);
        } else {
            this.page.say(this.words.notThere);
        }
    }

    /** The client's own reply: it asks nobody. */
    reply(mail, all, above = "") {
        const { to, cc, subject, quote } = mail.reply;
        this.compose({ to, cc: all ? cc : "", subject, text: `${above}\n\n${quote}`, above: above.length, answers: mail.key, inReplyTo: mail.outlookItem.internetMessageId, conversationId: mail.outlookItem.conversationId });
    }

    async openDraft(id) {
        if (this.window?.letter.draft === id) {
            this.window.begin(); // it is open: what was typed there stays
            return;
        }
        try {
            const draft = await post.draft(this.agent.id, id);
            await this.compose({ ...draft, draft: id, inThread: true, above: underSalutation(draft.text) });
        } catch (error) {
            if (error.status !== 404) {
                throw error;
            }
            this.page.say(this.words.draftGone);
        }
    }

    /** Opens a window; one that is open is kept as a draft first. */
    async compose(letter) {
        await this.closeWindow();
        const own = `${this.agent.name} <${this.agent.email}>`;
        const holder = this.kind === "gmail" ? this.client.column : this.client.body;
        const window = new ComposeWindow(this.words, this.composeKind(), { ...letter, from: letter.from || own }, {
            send: () => this.#send(window),
            discard: () => this.#discard(window),
            close: () => this.closeWindow(),
            addon: this.hasAddon() ? () => this.showAddon(window) : null,
            changed: (field) => this.typed(window, field),
        });
        this.window = window;
        holder.append(window.element);
        window.begin();
        this.windowOpened(window);
    }

    async closeWindow() {
        const { window } = this;
        if (!window) {
            return;
        }
        this.#drop(window);
        if (window.touched) {
            await post.keepDraft(this.agent.id, window.value());
            this.page.say(this.words.kept);
            await this.page.look();
        }
    }

    async #discard(window) {
        this.#drop(window);
        if (window.letter.draft) {
            await post.discardDraft(this.agent.id, window.letter.draft).catch(() => undefined); // gone already
        }
        this.page.say(this.words.discarded);
        await this.page.look();
    }

    async #send(window) {
        window.busy(true);
        const maySend = await this.maySend(window);
        if (this.window !== window) {
            return;
        }
        window.busy(false);
        if (!maySend) {
            return;
        }
        try {
            await post.sendLetter(this.agent.id, window.value());
        } catch (error) {
            this.page.say(error.status === 404 ? this.words.draftGone : this.words.notSent);
            return;
        }
        this.#drop(window);
        this.page.say(this.words.wasSent);
        await this.page.look();
    }

    async #customer(mail) {
        await post.customerAnswers(this.agent.id, mail.key, this.words.customerText);
        this.page.say(this.words.customerAnswered);
        await this.page.look();
    }

    #drop(window) {
        this.window = null;
        window.element.remove();
        this.windowClosed(window);
    }
}

/** Where a draft goes on: under its first line, when nothing stands there yet. */
function underSalutation(text) {
    const [salutation] = /^[^\n]+\n\n(?=\n)/.exec(text) ?? [""];
    return salutation.length;
}
