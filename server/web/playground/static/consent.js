/** Google's consent, scope by scope: what the agent has granted, the form that asks for more, and a way to take some away. */
import { h } from "./dom.js";

const AUTH = "https://www.googleapis.com/auth/";
const ALWAYS = [`${AUTH}gmail.addons.execute`, `${AUTH}script.locale`];

export class Consent {
    /** `names` are what the words call the scopes that can be granted one by one. */
    constructor(words) {
        this.words = words;
        this.granted = new Set(Object.keys(words.scopes).map((name) => AUTH + name));
    }

    get scopes() {
        return [...ALWAYS, ...this.granted];
    }

    /** The form that Google shows when an add-on asks for scopes (null: all of them); true when the agent agrees. */
    async request(root, scopes) {
        const wanted = scopes ?? Object.keys(this.words.scopes).map((name) => AUTH + name);
        const list = h("ul", {}, wanted.map((scope) => h("li", {}, this.words.scopes[scope.replace(AUTH, "")] ?? scope)));
        const agreed = await shown(root, this.words.consentTitle, [list], [[true, this.words.allow], [false, this.words.cancel]]);
        if (agreed) {
            wanted.forEach((scope) => this.granted.add(scope));
        }
        return agreed;
    }

    /** The playground's own switch; true when something has changed. */
    async edit(root) {
        const boxes = Object.entries(this.words.scopes).map(([name, text]) => {
            const box = h("input", { type: "checkbox", value: AUTH + name, checked: this.granted.has(AUTH + name) });
            return [box, h("label", {}, box, h("span", {}, text))];
        });
        const content = [h("p", {}, this.words.permissionsHint), h("div", { class: "permissions" }, boxes.map(([, label]) => label))];
        const apply = await shown(root, this.words.permissions, content, [[true, this.words.apply], [false, this.words.cancel]]);
        const chosen = boxes.filter(([box]) => box.checked).map(([box]) => box.value);
        if (!apply || (chosen.length === this.granted.size && chosen.every((scope) => this.granted.has(scope)))) {
            return false;
        }
        this.granted = new Set(chosen);
        return true;
    }
}

let count = 0;

/** A form over the panel; brings the value of the pressed button. */
function shown(root, title, content, choices) {
    return new Promise((resolve) => {
        const id = `consent-${++count}`;
        const before = document.activeElement;
        const answer = (value) => {
            layer.remove();
            before?.focus?.();
            resolve(value);
        };
        const buttons = choices.map(([value, label], at) => h("button", { type: "button", class: at === 0 ? "primary" : null, click: () => answer(value) }, label));
        const layer = h(
            "div",
            { class: "panel-layer", keydown: (event) => event.key === "Escape" && (event.preventDefault(), answer(false)) },
            h("div", { class: "panel-form", role: "dialog", "aria-modal": "true", "aria-labelledby": id }, h("h4", { id }, title), content, h("div", { class: "compose-buttons" }, buttons)),
        );
        root.append(layer);
        buttons[0].focus();
    });
}
