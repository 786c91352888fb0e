/**
 * Draws a Google card (google.apps.card.v1) the way Gmail's side panel does. What it does not know it shows as a red box,
 * so that nobody takes a card for good that Gmail would not draw.
 */
import { h, shape } from "./dom.js";
import { parseMarkup } from "./markup.js";
import { withMenu } from "./menu.js";

const MAX_WIDGETS = 100;

/** One drawn card: its element, its form, and what a host does with both. `on` = {action(action, form), link(url)}. */
export class DrawnCard {
    constructor(card, words, on) {
        this.card = card;
        this.words = words;
        this.on = on;
        this.fields = new Map();
        this.element = this.#draw();
    }

    get name() {
        return this.card.name ?? "";
    }

    /** What Gmail sends as commonEventObject.formInputs: unset widgets are absent. */
    formInputs() {
        const inputs = {};
        for (const [name, field] of this.fields) {
            const value = field.read();
            if (value !== null) {
                inputs[name] = value;
            }
        }
        return inputs;
    }

    /** Takes over what was typed on the card that this one replaces (navigation updateCard keeps filled values). */
    keepFrom(older) {
        for (const [name, field] of this.fields) {
            const before = older.fields.get(name);
            if (before?.touched) {
                field.restore(before.state());
                field.touched = true;
            }
        }
    }

    #draw() {
        const { header, sections = [], fixedFooter } = this.card;
        return h(
            "article",
            { class: "gcard", "data-card": this.name },
            header && this.#header(header),
            fitting(sections).map((section) => this.#section(section)),
            fixedFooter &&
                h("footer", { class: "gcard-footer" }, [fixedFooter.secondaryButton, fixedFooter.primaryButton].filter(Boolean).map((button) => this.#button(button))),
        );
    }

    #header({ title, subtitle, imageUrl, imageType, imageAltText }) {
        return h(
            "header",
            { class: "gcard-header" },
            imageUrl && h("img", { src: imageUrl, alt: imageAltText ?? "", class: imageType === "CIRCLE" ? "round" : null }),
            h("div", {}, title ? h("h4", {}, title) : unknown("header without title"), subtitle && h("p", {}, subtitle)),
        );
    }

    #section({ header, widgets = [], collapsible, uncollapsibleWidgetsCount = 0, collapseControl }) {
        const drawn = widgets.map((widget) => this.#widget(widget));
        const hidden = collapsible ? drawn.slice(uncollapsibleWidgetsCount) : [];
        const element = h("section", { class: "gcard-section" }, header && h("h5", {}, parseMarkup(header)), drawn);
        if (hidden.length > 0) {
            element.append(this.#collapse(hidden, collapseControl));
        }
        return element;
    }

    #collapse(hidden, control) {
        const face = (open) => {
            const own = open ? control?.collapseButton : control?.expandButton;
            return [own?.text ?? this.words[open ? "less" : "more"], shape(open ? "up" : "down")];
        };
        const button = h("button", { type: "button", class: "gcard-collapse", "aria-expanded": "false" }, face(false));
        const set = (open) => {
            hidden.forEach((widget) => (widget.hidden = !open));
            button.setAttribute("aria-expanded", String(open));
            button.replaceChildren(...face(open));
        };
        button.addEventListener("click", () => set(button.getAttribute("aria-expanded") === "false"));
        set(false);
        return button;
    }

    #widget(widget) {
        const kind = Object.keys(WIDGETS).find((name) => name in widget);
        const drawn = kind ? WIDGETS[kind].call(this, widget[kind]) : unknown(Object.keys(widget).join(", "));
        drawn.classList.add("gcard-widget");
        return drawn;
    }

    paragraph({ text, maxLines }) {
        const body = h("div", { class: "gcard-text" }, parseMarkup(text));
        if (!maxLines) {
            return body;
        }
        body.style.setProperty("--lines", maxLines);
        body.classList.add("cut");
        const more = h("button", { type: "button", class: "gcard-more", hidden: true }, this.words.more);
        more.addEventListener("click", () => {
            body.classList.toggle("cut");
            more.textContent = this.words[body.classList.contains("cut") ? "more" : "less"];
        });
        new ResizeObserver(() => {
            if (body.classList.contains("cut")) {
                more.hidden = body.scrollHeight <= body.clientHeight + 1;
            }
        }).observe(body);
        return h("div", {}, body, more);
    }

    decorated({ startIcon, icon, topLabel, text, wrapText, bottomLabel, onClick, button, endIcon, switchControl }) {
        const words = h(
            "div",
            { class: "gcard-decorated-words" },
            topLabel && h("div", { class: "label" }, parseMarkup(topLabel)),
            h("div", { class: wrapText ? "main" : "main one-line" }, parseMarkup(text)),
            bottomLabel && h("div", { class: "label" }, parseMarkup(bottomLabel)),
        );
        const start = this.#icon(startIcon ?? icon);
        const end = button ? this.#button(button) : switchControl ? this.#switch(switchControl) : this.#icon(endIcon);
        const row = onClick
            ? h("button", { type: "button", class: "gcard-decorated clickable", click: () => this.#click(onClick) }, start, words)
            : h("div", { class: "gcard-decorated" }, start, words);
        return end ? h("div", { class: "gcard-row" }, row, end) : row;
    }

    #icon(icon) {
        if (!icon) {
            return null;
        }
        return icon.iconUrl ? h("img", { class: "gcard-icon", src: icon.iconUrl, alt: icon.altText ?? "" }) : unknown(`icon ${Object.keys(icon).join(", ")}`);
    }

    #switch({ name, value, selected, controlType }) {
        const box = h("input", { type: "checkbox", role: controlType === "CHECK_BOX" ? null : "switch", checked: selected, "aria-label": name });
        this.#field(name, box, {
            read: () => (box.checked ? { stringInputs: { value: [value] } } : null),
            state: () => box.checked,
            restore: (checked) => (box.checked = checked),
        });
        return box;
    }

    buttons({ buttons = [] }) {
        return h("div", { class: "gcard-buttons" }, buttons.map((button) => this.#button(button)));
    }

    #button({ text, icon, color, onClick = {}, disabled, altText, type }) {
        const button = h(
            "button",
            { type: "button", class: "gcard-button", disabled, title: altText, "aria-label": altText && altText !== text ? altText : null },
            icon && this.#icon(icon),
            text,
        );
        if (type === "BORDERLESS") {
            button.classList.add("plain");
        }
        if (color && !disabled) {
            button.classList.add("filled");
            const channels = ["red", "green", "blue"].map((name) => Math.round((color[name] ?? 0) * 255));
            button.style.setProperty("--fill", `rgb(${channels.join(" ")})`);
            button.style.setProperty("--on-fill", channels[0] * 0.299 + channels[1] * 0.587 + channels[2] * 0.114 > 150 ? "#1f1f1f" : "#ffffff");
        }
        if (onClick.overflowMenu) {
            return this.#menu(button, onClick.overflowMenu.items ?? []);
        }
        button.addEventListener("click", () => this.#click(onClick));
        return button;
    }

    #menu(button, items) {
        const entries = items.map(({ text, startIcon, onClick, disabled }) =>
            h(
                "button",
                { type: "button", role: "menuitem", tabindex: "-1", disabled, click: () => this.#click(onClick) },
                startIcon && this.#icon(startIcon),
                text,
            ),
        );
        button.classList.add("menu-button");
        return withMenu(button, entries, () => button.closest(".gcard").parentElement);
    }

    input({ name, label, hintText, value = "", type, validation }) {
        const many = type === "MULTIPLE_LINE";
        const box = h(many ? "textarea" : "input", { name, rows: many ? 4 : null, type: many ? null : "text", maxlength: validation?.characterLimit });
        box.value = value;
        this.#field(name, box, {
            read: () => (box.value === "" ? null : { stringInputs: { value: [box.value] } }),
            state: () => box.value,
            restore: (text) => (box.value = text),
        });
        return labelled(label ?? hintText, box, label ? hintText : "");
    }

    selection({ name, label, type = "CHECK_BOX", items = [] }) {
        if (type === "DROPDOWN") {
            const box = h("select", { name }, items.map(({ text, value, selected }) => h("option", { value, selected }, text)));
            if (!items.some((item) => item.selected)) {
                box.selectedIndex = -1;
            }
            this.#field(name, box, {
                read: () => (box.selectedIndex < 0 ? null : { stringInputs: { value: [box.value] } }),
                state: () => box.value,
                restore: (value) => (box.value = value),
            });
            return labelled(label, box, "");
        }
        const kinds = { CHECK_BOX: "checkbox", MULTI_SELECT: "checkbox", SWITCH: "checkbox", RADIO_BUTTON: "radio" };
        if (!(type in kinds)) {
            return unknown(`selectionInput ${type}`);
        }
        const boxes = items.map(({ value, selected }) => h("input", { type: kinds[type], name, value, checked: selected, role: type === "SWITCH" ? "switch" : null }));
        const group = h(
            "fieldset",
            { class: "gcard-choices" },
            label && h("legend", {}, label),
            items.map(({ text }, at) => h("label", {}, boxes[at], h("span", {}, text))),
        );
        const chosen = () => boxes.filter((box) => box.checked).map((box) => box.value);
        this.#field(name, group, {
            read: () => (chosen().length === 0 ? null : { stringInputs: { value: chosen() } }),
            state: chosen,
            restore: (values) => boxes.forEach((box) => (box.checked = values.includes(box.value))),
        });
        return group;
    }

    picker({ name, label, type = "DATE_AND_TIME", valueMsEpoch }) {
        const kind = { DATE_AND_TIME: "datetime-local", DATE_ONLY: "date", TIME_ONLY: "time" }[type];
        const box = h("input", { type: kind, name });
        if (valueMsEpoch !== undefined) {
            // The picker's milliseconds are the agent's own clock, without a zone: see server/hosts/gmail.
            const iso = new Date(Number(valueMsEpoch)).toISOString();
            box.value = { "datetime-local": iso.slice(0, 16), date: iso.slice(0, 10), time: iso.slice(11, 16) }[kind];
        }
        this.#field(name, box, {
            read: () => (box.value === "" ? null : pickedInput(type, box.value)),
            state: () => box.value,
            restore: (value) => (box.value = value),
        });
        return labelled(label, box, "");
    }

    picture({ imageUrl, altText, onClick }) {
        const image = h("img", { class: "gcard-image", src: imageUrl, alt: altText ?? "" });
        return onClick ? h("button", { type: "button", class: "gcard-image-button", click: () => this.#click(onClick) }, image) : h("div", {}, image);
    }

    chips({ chips = [] }) {
        return h(
            "div",
            { class: "gcard-chips" },
            chips.map(({ label, icon, onClick = {}, disabled }) => h("button", { type: "button", disabled, click: () => this.#click(onClick) }, this.#icon(icon), label)),
        );
    }

    columns({ columnItems = [] }) {
        return h("div", { class: "gcard-columns" }, columnItems.map(({ widgets = [] }) => h("div", {}, widgets.map((widget) => this.#widget(widget)))));
    }

    #field(name, element, { read, state, restore }) {
        const field = { element, read, state, restore, touched: false };
        element.addEventListener("input", () => {
            field.touched = true;
            mark(element, "");
        });
        this.fields.set(name, field);
    }

    #click({ action, openLink }) {
        if (openLink) {
            this.on.link(openLink.url);
        } else if (action && this.#complete(action)) {
            this.on.action(action, this.formInputs());
        }
    }

    /** Gmail does not send a click whose required widgets are empty; it marks them. */
    #complete({ requiredWidgets = [], allWidgetsAreRequired }) {
        const names = allWidgetsAreRequired ? [...this.fields.keys()] : requiredWidgets;
        const missing = names.map((name) => this.fields.get(name)).filter((field) => field && field.read() === null);
        missing.forEach((field) => mark(field.element, this.words.required));
        missing[0]?.element.focus();
        return missing.length === 0;
    }
}

const WIDGETS = {
    textParagraph: DrawnCard.prototype.paragraph,
    decoratedText: DrawnCard.prototype.decorated,
    buttonList: DrawnCard.prototype.buttons,
    textInput: DrawnCard.prototype.input,
    selectionInput: DrawnCard.prototype.selection,
    dateTimePicker: DrawnCard.prototype.picker,
    divider: () => h("hr", { class: "gcard-divider" }),
    image: DrawnCard.prototype.picture,
    chipList: DrawnCard.prototype.chips,
    columns: DrawnCard.prototype.columns,
};

/** As Gmail does: the section that would exceed a hundred widgets is dropped without a word, and all after it. */
function fitting(sections) {
    let total = 0;
    const over = sections.findIndex(({ widgets = [] }) => (total += widgets.length) > MAX_WIDGETS);
    return over < 0 ? sections : sections.slice(0, over);
}

let count = 0;

function labelled(label, box, hint) {
    box.id = `field-${++count}`;
    const below = h("div", { class: "hint", id: `${box.id}-hint` }, hint ?? "");
    box.setAttribute("aria-describedby", below.id);
    if (!label) {
        box.setAttribute("aria-label", box.name);
    }
    return h("div", { class: "gcard-field" }, label && h("label", { for: box.id }, label), box, below);
}

/** Says under a field what is wrong with it; "" takes it back. */
function mark(element, problem) {
    const holder = element.closest(".gcard-widget");
    holder.classList.toggle("wrong", problem !== "");
    element.setAttribute("aria-invalid", String(problem !== ""));
    const below = holder.querySelector(".hint");
    if (below) {
        below.dataset.hint ??= below.textContent;
        below.textContent = problem || below.dataset.hint;
    }
}

function pickedInput(type, value) {
    if (type === "TIME_ONLY") {
        const [hours, minutes] = value.split(":").map(Number);
        return { timeInput: { hours, minutes } };
    }
    const ms = String(Date.parse(`${value}${type === "DATE_ONLY" ? "T00:00" : ""}Z`));
    return type === "DATE_ONLY" ? { dateInput: { msSinceEpoch: ms } } : { dateTimeInput: { msSinceEpoch: ms, hasDate: true, hasTime: true } };
}

function unknown(what) {
    return h("div", { class: "gcard-unknown" }, `? ${what}`);
}
