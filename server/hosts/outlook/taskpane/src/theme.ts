/** Light or dark: as Outlook's own theme says, else as the system does. */

/** Whether a CSS colour (#rgb, #rrggbb) is darker than mid-grey; undefined when it is written otherwise. */
export function isDark(colour: string): boolean | undefined {
    const hex = /^#?([0-9a-f]{3}|[0-9a-f]{6})$/i.exec(colour.trim())?.[1];
    if (hex === undefined) {
        return undefined;
    }
    const channels = hex.length === 3 ? [...hex].map((digit) => digit + digit) : (hex.match(/../g) ?? []);
    const [red = 0, green = 0, blue = 0] = channels.map((pair) => Number.parseInt(pair, 16));
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue < 128;
}

function apply(dark: boolean): void {
    document.documentElement.dataset["theme"] = dark ? "dark" : "light";
}

/** Takes the system's theme, and follows it until Outlook has said its own (`applyBackground`). */
export function followSystem(): void {
    const system = window.matchMedia("(prefers-color-scheme: dark)");
    apply(system.matches);
    system.addEventListener("change", () => {
        if (document.documentElement.dataset["themeOf"] !== "outlook") {
            apply(system.matches);
        }
    });
}

/** Takes the theme that this background of Outlook's belongs to. */
export function applyBackground(colour: string): void {
    const dark = isDark(colour);
    if (dark !== undefined) {
        document.documentElement.dataset["themeOf"] = "outlook";
        apply(dark);
    }
}
