/**
 * Draws Adaptive Cards and remembers what a redraw must not take away: typed text, opened sections, the focus, the place on the page.
 * Text is never Markdown: adaptivecards' onProcessMarkdown stays unset, so that what customers write cannot become markup.
 */

import {
    type Action,
    ActionSet,
    AdaptiveCard,
    ChoiceSetInput,
    ExecuteAction,
    type Input,
    OpenUrlAction,
    Strings,
    ToggleVisibilityAction,
} from "adaptivecards";

import { growFields } from "./grow";
import type { Hold } from "./hold";
import { hostConfig } from "./hostconfig";
import { openMenu } from "./menu";
import { type Language, wordsOf } from "./words";

/** The field with a whole reply in it; behind a dot stands what makes its name a new one. */
const LETTER = "reply_text";

type Json = string | number | boolean | null | Json[] | { [key: string]: Json };
export type CardJson = { [key: string]: Json };

/** What the agent has done to a card, by the ids of its inputs and sections. */
export interface Traces {
    typed: Map<string, string>;
    opened: Map<string, boolean>;
}

export const noTraces = (): Traces => ({ typed: new Map(), opened: new Map() });

export interface Click {
    token: string;
    form: Record<string, string | string[]>;
    /** The inputs this click is about; once it is done, what was typed there has served. */
    needs: string[];
    /** The mail's attachments are wanted along. */
    files: boolean;
}

interface Handlers {
    click: (click: Click) => void;
    open: (url: string) => void;
}

/** The values of a card's text inputs as the service sent them, by their ids. */
export function valuesOf(json: Json, values = new Map<string, string>()): Map<string, string> {
    if (Array.isArray(json)) {
        json.forEach((element) => valuesOf(element, values));
    } else if (typeof json === "object" && json !== null) {
        const { id, type, value } = json;
        if (typeof id === "string" && typeof type === "string" && type.startsWith("Input.")) {
            values.set(id, typeof value === "string" ? value : "");
        }
        Object.entries(json).forEach(([name, part]) => name !== "data" && valuesOf(part as Json, values));
    }
    return values;
}

/** An id's element in the card, changed before it is drawn, by what the agent had done to the card before. */
function traced(json: Json, traces: Traces): Json {
    if (Array.isArray(json)) {
        return json.map((element) => traced(element, traces));
    }
    if (typeof json !== "object" || json === null) {
        return json;
    }
    const copy: CardJson = {};
    for (const [name, value] of Object.entries(json)) {
        copy[name] = name === "data" ? value : traced(value, traces);
    }
    const { id, type } = copy;
    if (typeof id === "string" && typeof type === "string") {
        const typed = traces.typed.get(id);
        const visible = traces.opened.get(id);
        if (typed !== undefined && type.startsWith("Input.")) {
            copy["value"] = typed;
        }
        if (visible !== undefined && !type.startsWith("Input.")) {
            copy["isVisible"] = visible;
        }
    }
    return copy;
}

/** Where the focus is in a card, in words that still mean something after it was drawn anew. */
interface Focus {
    input?: string;
    selection?: [number | null, number | null, "forward" | "backward" | "none"];
    scrolled?: number;
    label?: string;
    nth?: number;
    /** How far below the window's upper edge it is. */
    top: number;
}

type Field = HTMLInputElement | HTMLTextAreaElement;
const isField = (element: Element): element is Field => element instanceof HTMLInputElement || element instanceof HTMLTextAreaElement;

export class CardView {
    private card: AdaptiveCard | undefined;
    private notices = new Set<string>();
    private state = "";
    private closeMenu = () => {};

    constructor(
        private readonly host: HTMLElement,
        private readonly handlers: Handlers,
        private readonly hold?: Hold,
    ) {
        growFields(host);
    }

    /** Draws a card in place of the present one. Returns what in it is new and worth saying aloud. */
    show(json: CardJson, traces: Traces, language: Language): string[] {
        const words = wordsOf(language);
        Strings.defaults.overflowButtonText = () => "⋯";
        Strings.defaults.overflowButtonTooltip = () => words.more;

        this.closeMenu();
        const scrolled = window.scrollY;
        const focus = this.focus();
        const card = new AdaptiveCard();
        card.hostConfig = hostConfig;
        card.onExecuteAction = (action) => this.execute(card, action);
        card.onInputValueChanged = (input) => {
            if (input.id) {
                traces.typed.set(input.id, String(input.value ?? ""));
            }
        };
        card.onElementVisibilityChanged = (element) => {
            if (element.id) {
                traces.opened.set(element.id, element.isVisible);
            }
        };
        card.onDisplayOverflowActionMenu = (actions, target) => {
            if (target) {
                const entries = actions.map((action) => ({
                    label: action.title ?? "",
                    enabled: action.isEnabled,
                    run: () => action.execute(),
                }));
                this.hold?.begin("menu");
                this.closeMenu = openMenu(target, words.more, entries, () => this.hold?.end("menu"));
            }
            return true;
        };
        card.parse(traced(json, traces) as CardJson);
        const element = card.render();
        this.card = card;
        this.host.lang = typeof json["lang"] === "string" ? json["lang"] : language;
        this.host.replaceChildren(...(element ? [element] : []));
        this.explain(card);
        window.scrollTo(0, scrolled);
        this.restore(focus);
        return this.announced();
    }

    clear(): void {
        this.leave();
        this.card = undefined;
        this.notices.clear();
        this.state = "";
        this.host.replaceChildren();
    }

    /** What hangs over the card goes; the card itself stays until the next one. */
    leave(): void {
        this.closeMenu();
    }

    /** What adaptivecards leaves unsaid to screen readers: which pictures say nothing, what is the title, what opens something. */
    private explain(card: AdaptiveCard): void {
        for (const image of this.host.querySelectorAll("img:not([alt])")) {
            image.setAttribute("alt", "");
        }
        this.host.querySelector('[role="heading"]')?.setAttribute("aria-level", "1");
        card.getAllInputs()
            .find((input) => input.id?.split(".")[0] === LETTER)
            ?.renderedElement?.querySelector("textarea")
            ?.classList.add("letter");
        for (const action of card.getAllActions()) {
            if (action instanceof ToggleVisibilityAction) {
                const opens = Object.values(action.targetElements)[0] === true;
                action.renderedElement?.setAttribute("aria-expanded", String(!opens));
                // The elements get no ids of their own in the page: the reference would lead nowhere.
                action.renderedElement?.removeAttribute("aria-controls");
            }
        }
        for (const button of this.host.querySelectorAll("button[aria-expanded]")) {
            if (button.textContent === "⋯") {
                button.setAttribute("aria-haspopup", "menu");
                button.classList.add("overflow");
            }
        }
    }

    /**
     * Sentences of notices (containers whose id begins with "notice") that the card before did not have, and the first line of the
     * section "state" (who has it) when the card before said another.
     */
    private announced(): string[] {
        const now = new Map<string, string>();
        for (let index = 1, notice; (notice = this.card?.getElementById(`notice${index}`)) !== undefined; index += 1) {
            const element = notice?.renderedElement;
            const text = firstText(element);
            element?.classList.add("notice");
            if (text) {
                now.set(gist(text), text);
            }
        }
        const fresh = [...now].filter(([said]) => !this.notices.has(said)).map(([, text]) => text);
        this.notices = new Set(now.keys());
        const before = this.state;
        const state = firstText(this.card?.getElementById("state")?.renderedElement);
        this.state = gist(state);
        return before !== "" && state !== "" && this.state !== before ? [state, ...fresh] : fresh;
    }

    private execute(card: AdaptiveCard, action: Action): void {
        if (action instanceof OpenUrlAction) {
            if (action.url?.startsWith("https://")) {
                this.handlers.open(action.url);
            }
        } else if (action instanceof ExecuteAction) {
            this.click(card, action);
        } else if (action instanceof ToggleVisibilityAction) {
            // The button that was pressed hides itself: the focus goes to the one that takes its place.
            queueMicrotask(() => {
                const shown = Object.keys(action.targetElements).map((id) => card.getElementById(id));
                const next = shown.find((element) => element instanceof ActionSet && element.isVisible);
                next?.renderedElement?.querySelector("button")?.focus({ preventScroll: true });
            });
        }
    }

    private click(card: AdaptiveCard, action: ExecuteAction): void {
        const data = (action.data ?? {}) as { a?: unknown; needs?: unknown; files?: unknown };
        const needs = Array.isArray(data.needs) ? data.needs.map(String) : [];
        const inputs = card.getAllInputs();
        const missing = inputs.filter((input) => needs.includes(input.id ?? "") && !filled(input));
        if (missing.length > 0) {
            missing[0]?.focus();
            return;
        }
        if (typeof data.a === "string") {
            this.handlers.click({ token: data.a, form: formOf(inputs), needs, files: data.files === true });
        }
    }

    private focus(): Focus | undefined {
        const element = document.activeElement;
        if (element === null || !this.host.contains(element)) {
            return undefined;
        }
        const { top } = element.getBoundingClientRect();
        const input = this.card?.getAllInputs().find((candidate) => candidate.renderedElement?.contains(element));
        if (input?.id) {
            // Only text fields have a selection; the others throw or say null.
            if (isField(element) && /^(text|textarea)$/.test(element.type)) {
                const { selectionStart, selectionEnd, selectionDirection, scrollTop } = element;
                return { input: input.id, selection: [selectionStart, selectionEnd, selectionDirection ?? "none"], scrolled: scrollTop, top };
            }
            return { input: input.id, top };
        }
        const label = element.textContent ?? "";
        const equals = this.buttons().filter((button) => button.textContent === label);
        return { label, nth: equals.indexOf(element as HTMLElement), top };
    }

    private restore(focus: Focus | undefined): void {
        if (focus === undefined) {
            return;
        }
        const input = this.card?.getAllInputs().find((candidate) => candidate.id === focus.input);
        const field = focus.input === undefined ? null : (input?.renderedElement?.querySelector<HTMLElement>("input, textarea, select") ?? null);
        const button = this.buttons().filter((candidate) => candidate.textContent === focus.label)[focus.nth ?? 0];
        // What had the focus is gone: the card itself takes it, so that the keyboard stays in its place.
        const target = field ?? button ?? this.host;
        target.focus({ preventScroll: true });
        if (field && isField(field) && focus.selection) {
            field.setSelectionRange(...focus.selection);
            field.scrollTop = focus.scrolled ?? 0;
        }
        if (target !== this.host && window.scrollY > 0) {
            // What came in above it must not push it away from under the eyes.
            window.scrollBy(0, target.getBoundingClientRect().top - focus.top);
        }
    }

    private buttons(): HTMLElement[] {
        return [...this.host.querySelectorAll<HTMLElement>("button, a")];
    }
}

function firstText(element: HTMLElement | undefined): string {
    return element?.querySelector(".ac-textBlock, .ac-richTextBlock")?.textContent?.trim() ?? "";
}

/** A sentence without how long ago it was: that changes by itself, and is no news. */
function gist(text: string): string {
    return text.replace(/\s*[(（][^()（）]*[)）]$/, "").replace(/\d+/g, "#");
}

/** Whether a needed input has a value; shows the input's own error message when not. */
function filled(input: Input): boolean {
    const before = input.isRequired;
    input.isRequired = true;
    try {
        return input.validateValue();
    } finally {
        input.isRequired = before;
    }
}

function formOf(inputs: Input[]): Record<string, string | string[]> {
    const form: Record<string, string | string[]> = {};
    for (const input of inputs) {
        const value = String(input.value ?? "");
        if (input.id) {
            const many = input instanceof ChoiceSetInput && input.isMultiSelect;
            form[input.id] = many ? value.split(hostConfig.choiceSetInputValueSeparator).filter(Boolean) : value;
        }
    }
    return form;
}

/** A card by itself, without a service behind it: for galleries. */
export function renderCard(json: CardJson, element: HTMLElement, language: Language = "ja"): void {
    new CardView(element, { click: () => undefined, open: () => undefined }).show(json, noTraces(), language);
}
