// Saves a PDF file as Firefox does: node firefox.mjs MODULES IN OUT [VALUE]. A
// VALUE is typed into the text field "name" first; without one, a note is put on
// the page.
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const [, , folder, from, to, value] = process.argv;
const modules = createRequire(join(folder, "package.json"));
const { DOMMatrix, ImageData, Path2D } = modules("@napi-rs/canvas");
Object.assign(globalThis, { DOMMatrix, ImageData, Path2D });
process.getBuiltinModule ??= modules;
const lib = await import(pathToFileURL(modules.resolve("pdfjs-dist/legacy/build/pdf.mjs")));
const document = await lib.getDocument({ data: new Uint8Array(readFileSync(from)), verbosity: 0, isEvalSupported: false }).promise;
const page = await document.getPage(1);
if (value) {
	const field = (await page.getAnnotations()).find((a) => a.fieldName === "name");
	document.annotationStorage.setValue(field.id, { value });
} else {
	document.annotationStorage.setValue("pdfjs_internal_editor_0", {
		annotationType: lib.AnnotationEditorType.FREETEXT, color: [255, 0, 0], fontSize: 12, value: "seen by me",
		pageIndex: 0, rect: [200, 10, 320, 40], rotation: 0, structTreeParentId: null,
	});
}
writeFileSync(to, await document.saveDocument());
