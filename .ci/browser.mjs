// Opens pages in Chromium and fails where one asks for something, runs
// something, does not fit, or has a barrier that axe-core knows. Beside each page
// it leaves a picture, and a PDF as it prints.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import puppeteer from "puppeteer-core";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core"), "utf8");
const browser = await puppeteer.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox", "--disable-gpu"] });
let failed = false;
const fail = (file, what) => { failed = true; console.error(`${file}: ${what}`); };
for (const file of process.argv.slice(2)) {
	const page = await browser.newPage();
	const address = pathToFileURL(file).href;
	page.on("request", (r) => { if (r.url() !== address) fail(file, `it asks for ${r.url()}`); });
	page.on("console", (m) => fail(file, `it says ${m.text()}`));
	page.on("dialog", (d) => { fail(file, "a script runs"); d.dismiss(); });
	for (const width of [1280, 390]) {
		await page.setViewport({ width, height: 900 });
		await page.goto(address);
		const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
		if (wide > 0) fail(file, `${wide} pixels too wide for ${width}`);
		await page.evaluate(axe);
		const { violations } = await page.evaluate(() => axe.run(document, { resultTypes: ["violations"] }));
		for (const v of violations) fail(file, `axe: ${v.id}: ${v.help}: ${v.nodes.slice(0, 3).map((n) => n.html).join(" ")}`);
	}
	await page.setViewport({ width: 900, height: 900 });
	await page.screenshot({ path: file.replace(/\.html$/, ".png"), fullPage: true });
	await page.pdf({ path: file.replace(/\.html$/, ".pdf"), preferCSSPageSize: true, printBackground: false });
	await page.close();
}
await browser.close();
process.exit(failed ? 1 : 0);
