// Bundles the pane into dist/: plain file names, since the page asks for each by the digest of its content (?v=...).
import { build } from "esbuild";
import { mkdir, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const dist = join(here, "dist");

await rm(dist, { recursive: true, force: true });
await mkdir(dist, { recursive: true });
const common = { absWorkingDir: here, outdir: "dist", bundle: true, minify: true, target: "es2020", legalComments: "none", logLevel: "warning" };
// A plain script with no globals of its own: it shares the page with office.js.
await build({ ...common, entryPoints: ["src/pane.ts", "src/naa.ts", "src/signin.ts"], format: "iife" });
// One script for two worlds: classic Outlook on Windows runs it in an engine without a page, old builds at ECMAScript 2016. Some
// clients look for the functions by their names, so they are global too.
await build({
    ...common,
    entryPoints: ["src/events.ts"],
    format: "iife",
    target: "es2016",
    globalName: "sobaniEvents",
    footer: { js: "var onMessageSend=sobaniEvents.onMessageSend,onNewMessageCompose=sobaniEvents.onNewMessageCompose;" },
});
// A module for pages that only draw cards (the gallery).
await build({ ...common, entryPoints: ["src/cardview.ts"], format: "esm" });
await build({ ...common, entryPoints: ["./pane.css", "./signin.css"], target: [] });

// The licences of what the bundle carries travel with it.
const licences = [];
for (const name of ["adaptivecards", "@azure/msal-browser", "@azure/msal-common"]) {
    const folder = join(here, "node_modules", name);
    const { version, license } = JSON.parse(await readFile(join(folder, "package.json"), "utf8"));
    const file = (await readdir(folder)).find((entry) => /^licen[cs]e/i.test(entry));
    licences.push(`${name} ${version} (${license})\n\n${file ? await readFile(join(folder, file), "utf8") : ""}`);
}
await writeFile(join(dist, "licences.txt"), licences.join("\n\n"));
