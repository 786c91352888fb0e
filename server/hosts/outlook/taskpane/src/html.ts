/** Plain text as HTML for Outlook's editors: markup in it stays text, its lines and spaces stay where they are. */

const ENTITIES: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

export function htmlOf(text: string): string {
    return text
        .replace(/\r\n?/g, "\n")
        .replace(/[&<>"']/g, (character) => ENTITIES[character] ?? character)
        .replace(/\t/g, "    ")
        .replace(/^ | (?= )/gm, "&nbsp;")
        .replace(/\n/g, "<br>");
}
