/** Every screen, state and block side by side: Gmail's drawing by this page, Outlook's by the pane's own code in frames. */
import { h } from "./dom.js";
import { DrawnCard } from "./googlecard.js";
import { pageSettings, paintPage } from "./settings.js";
import { WORDS } from "./words.js";

const settings = pageSettings();
const both = document.querySelector("#both");
const frames = new Map();

function gmail(card, words, theme) {
    const idle = { action: () => undefined, link: () => undefined };
    return h("div", { class: "drawing gmail", "data-theme": theme, tabindex: "0", role: "group", "aria-label": `Gmail (${theme})` }, new DrawnCard(card, words, idle).element);
}

function outlook(card, name, theme) {
    const frame = h("iframe", { title: `Outlook: ${name} (${theme})`, loading: "lazy", src: "/playground/gallery/adaptive" });
    frames.set(frame, { type: "sobani:card", card, theme, language: settings.language });
    return h("div", { class: "drawing outlook", "data-theme": theme }, frame);
}

function example({ kind, name, google, adaptive, toast }, words) {
    const themes = both.checked ? ["light", "dark"] : [settings.theme];
    return h(
        "section",
        { id: `${kind}-${name}`, class: "example" },
        h("h3", {}, name),
        toast && h("p", { class: "example-toast" }, `${words.toast}: ${toast}`),
        google &&
            h(
                "div",
                { class: "drawings" },
                themes.map((theme) => gmail(google, words, theme)),
                themes.map((theme) => outlook(adaptive, name, theme)),
            ),
    );
}

async function draw() {
    const words = WORDS[settings.language];
    const answer = await fetch(`/playground/gallery/cards?language=${settings.language}`);
    const examples = await answer.json();
    document.querySelector("#intro").textContent = words.galleryIntro;
    document.querySelector("#to-playground").textContent = words.playground;
    both.nextElementSibling.textContent = words.both;
    frames.clear();
    const kinds = [["screen", words.screens], ["block", words.blocks]].map(([kind, title]) => [title, examples.filter((one) => one.kind === kind)]);
    document.querySelector("#contents").setAttribute("aria-label", words.gallery);
    document
        .querySelector("#contents")
        .replaceChildren(...kinds.flatMap(([title, list]) => (list.length === 0 ? [] : [h("h2", {}, title), h("ul", {}, list.map(({ kind, name }) => h("li", {}, h("a", { href: `#${kind}-${name}` }, name))))])));
    document.querySelector("#examples").replaceChildren(...kinds.flatMap(([title, list]) => (list.length === 0 ? [] : [h("h2", {}, title), ...list.map((one) => example(one, words))])));
    paintPage(settings, words, { title: `Sobani – ${words.gallery}`, language: draw, theme: draw });
}

window.addEventListener("message", (event) => {
    const frame = [...frames.keys()].find((candidate) => candidate.contentWindow === event.source);
    if (!frame || event.origin !== location.origin) {
        return;
    }
    if (event.data?.type === "sobani:frame") {
        frame.contentWindow.postMessage(frames.get(frame), location.origin);
    } else if (event.data?.type === "sobani:height") {
        frame.style.height = `${Math.min(event.data.height, 1600)}px`;
    }
});
both.addEventListener("change", draw);
await draw();
if (location.hash) {
    document.querySelector(location.hash.replaceAll(".", "\\."))?.scrollIntoView();
}
