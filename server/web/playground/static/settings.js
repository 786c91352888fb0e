/** Language and theme of the playground's pages: chosen in the page's bar, kept in the browser. */
const KEY = "sobani-playground";

export function pageSettings() {
    let kept = {};
    try {
        kept = JSON.parse(localStorage.getItem(KEY)) ?? {};
    } catch {
        // Nothing usable was kept; the browser's own wishes count.
    }
    const language = kept.language ?? (navigator.language.startsWith("ja") ? "ja" : "en");
    const theme = kept.theme ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
    return { language: language === "ja" ? "ja" : "en", theme: theme === "dark" ? "dark" : "light" };
}

/** Fills the bar and listens to it; `on.language` and `on.theme` are told of a change. */
export function paintPage(settings, words, on) {
    const root = document.documentElement;
    root.lang = settings.language;
    root.dataset.theme = settings.theme;
    document.title = on.title;
    document.querySelector("#title").textContent = on.title;
    const change = (name, value) => {
        settings[name] = value;
        localStorage.setItem(KEY, JSON.stringify(settings));
        root.dataset.theme = settings.theme;
        press();
        on[name]();
    };
    const buttons = document.querySelectorAll("[data-set]");
    const press = () => buttons.forEach((button) => button.setAttribute("aria-pressed", String(settings[button.dataset.set] === button.value)));
    for (const button of buttons) {
        button.textContent = words[button.value] ?? button.textContent;
        button.onclick = () => change(button.dataset.set, button.value);
        button.parentElement.setAttribute("aria-label", words[button.dataset.set]);
    }
    press();
}
