/**
 * The simple HTML of Google's cards, as Gmail understands it: a few tags, and of their attributes only a colour and an address.
 * Everything else loses its tag and keeps its text. The text is parsed in a document that runs and loads nothing.
 */
const TAGS = new Set(["B", "I", "U", "S", "STRIKE", "BR", "FONT", "A", "STRONG", "EM"]);
const ADDRESS = /^(https:|mailto:|tel:)/i;
const COLOUR = /^#[0-9a-f]{6}$/i;

export function parseMarkup(text) {
    const parsed = new DOMParser().parseFromString(String(text ?? ""), "text/html");
    const made = document.createDocumentFragment();
    copyChildren(parsed.body, made);
    return made;
}

function copyChildren(from, to) {
    for (const node of from.childNodes) {
        if (node.nodeType === Node.TEXT_NODE) {
            to.append(node.data);
        } else if (node.nodeType === Node.ELEMENT_NODE) {
            const copy = TAGS.has(node.tagName) ? allowed(node) : to;
            copyChildren(node, copy);
            if (copy !== to) {
                to.append(copy);
            }
        }
    }
}

function allowed(node) {
    if (node.tagName === "FONT") {
        const span = document.createElement("span");
        const colour = node.getAttribute("color") ?? "";
        if (COLOUR.test(colour)) {
            paint(span, colour);
        }
        return span;
    }
    const copy = document.createElement(node.tagName);
    if (node.tagName === "A" && ADDRESS.test(node.getAttribute("href") ?? "")) {
        copy.href = node.getAttribute("href");
        copy.target = "_blank";
        copy.rel = "noopener";
    }
    return copy;
}

/** Colours a text for both themes: Gmail's dark theme turns the lightness of a card's own colours around. */
function paint(element, colour) {
    element.classList.add("coloured");
    element.style.setProperty("--ink", colour);
    element.style.setProperty("--ink-dark", turned(colour));
}

export function turned(colour) {
    const [red, green, blue] = [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16) / 255);
    const high = Math.max(red, green, blue);
    const low = Math.min(red, green, blue);
    const light = (high + low) / 2;
    const spread = high - low;
    const saturation = spread === 0 ? 0 : spread / (1 - Math.abs(2 * light - 1));
    let hue = 0;
    if (spread > 0) {
        const sixth = high === red ? ((green - blue) / spread) % 6 : high === green ? (blue - red) / spread + 2 : (red - green) / spread + 4;
        hue = Math.round(sixth * 60);
    }
    return `hsl(${hue} ${Math.round(saturation * 80)}% ${Math.round(Math.max(70, 96 - light * 60))}%)`;
}
