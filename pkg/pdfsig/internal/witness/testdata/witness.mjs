// Shows PDF files as pdf.js (Firefox) and PDFium (Chrome) show them. A line of
// standard input is the name of a witness, a blank and the path of a file; the
// answer is one line of JSON, a list of what each page shows: a digest of its
// picture, and its text. The modules are those of .ci/witness.
import { createHash } from "node:crypto";
import { readFileSync, writeSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

const modules = createRequire(join(process.argv[2], "package.json"));
const scale = 0.5;
const sum = (pixels) => createHash("sha256").update(pixels).digest("hex").slice(0, 16);

// Nothing but answers is written to standard output.
console.log = console.warn = console.error = () => {};

async function pdfjs() {
	const { createCanvas, DOMMatrix, ImageData, Path2D } = modules("@napi-rs/canvas");
	// Node.js 18, Debian 12's, is too old for pdf.js to find these by itself.
	Object.assign(globalThis, { DOMMatrix, ImageData, Path2D });
	process.getBuiltinModule ??= modules;
	const main = modules.resolve("pdfjs-dist/legacy/build/pdf.mjs");
	const lib = await import(pathToFileURL(main));
	const fonts = join(dirname(dirname(dirname(main))), "standard_fonts") + "/";
	return async (path) => {
		const loading = lib.getDocument({ data: new Uint8Array(readFileSync(path)), verbosity: 0, standardFontDataUrl: fonts, isEvalSupported: false, disableFontFace: true });
		try {
			const document = await loading.promise;
			const pages = [];
			for (let n = 1; n <= Math.min(document.numPages, 3); n++) {
				const page = await document.getPage(n);
				const viewport = page.getViewport({ scale });
				const canvas = createCanvas(Math.ceil(viewport.width), Math.ceil(viewport.height));
				const context = canvas.getContext("2d");
				await page.render({ canvasContext: context, canvas: null, viewport, annotationMode: lib.AnnotationMode.ENABLE }).promise;
				const text = (await page.getTextContent()).items.map((i) => i.str).join("\n");
				// Firefox puts boxes over form fields, and shows there what they hold.
				const fields = (await page.getAnnotations()).filter((a) => a.subtype === "Widget" && a.fieldType !== "Sig" && !a.hidden)
					.map((a) => [a.fieldName, a.fieldType, a.fieldValue, a.rect.join(" ")].join(":"));
				pages.push({ picture: sum(context.getImageData(0, 0, canvas.width, canvas.height).data), text: [text, ...fields].join("\n") });
			}
			return { pages, count: document.numPages };
		} finally {
			await loading.destroy();
		}
	};
}

async function pdfium() {
	const { PDFiumLibrary } = modules("@hyzyla/pdfium");
	const library = await PDFiumLibrary.init();
	return async (path) => {
		const document = await library.loadDocument(readFileSync(path));
		try {
			const count = document.getPageCount();
			const pages = [];
			for (let n = 0; n < Math.min(count, 3); n++) {
				const page = document.getPage(n);
				const text = page.getText(); // before rendering, which closes the page
				const { data } = await page.render({ scale, renderFormFields: true });
				pages.push({ picture: sum(data), text });
			}
			return { pages, count };
		} finally {
			document.destroy();
		}
	};
}

const start = { pdfjs, pdfium };
const running = {};
for await (const line of createInterface({ input: process.stdin })) {
	const [, name, path] = line.match(/^(\S+) (.*)$/);
	let answer;
	try {
		running[name] ??= await start[name]();
		answer = await running[name](path);
	} catch (error) {
		answer = { error: String(error?.message ?? error) };
	}
	writeSync(1, JSON.stringify(answer) + "\n");
}
