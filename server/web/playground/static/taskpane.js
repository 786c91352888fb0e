/** Outlook's task pane beside the list: the real pane in a frame, following the selected mail. */
import { h } from "./dom.js";
import { OfficeFrame } from "./officeframe.js";

export class TaskPane {
    #item = null;

    /** `host()` and `on` as in OfficeFrame; the frame is loaded by `signIn`. */
    constructor(root, words, host, on) {
        this.frame = new OfficeFrame({ title: words.pane }, () => ({ ...host(), item: this.#item }), on);
        root.replaceChildren(h("div", { class: "pane-title" }, h("img", { src: "/playground/static/mark.svg", alt: "" }), h("h3", {}, "Sobani")), this.frame.element);
    }

    /** Signs somebody in: as in Outlook, another account or language is another page load. */
    signIn(language) {
        this.frame.load(`/outlook/pane?lang=${language}`);
    }

    /** The selected mail, or null. */
    select(item) {
        this.#item = item;
        this.frame.tell({ type: "sobani:item", item });
    }

    paint(theme) {
        this.frame.tell({ type: "sobani:theme", theme });
    }

    close() {
        this.frame.close();
    }
}
